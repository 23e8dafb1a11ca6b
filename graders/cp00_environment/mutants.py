"""Mistakes that the graders of checkpoint 00 must catch, and correct programs that they must leave alone."""

from __future__ import annotations

from tito.grading.authoring import Mutant, Variant


def _mistake(name: str, old: str, new: str, mistake: str) -> Mutant:
    return Mutant(name, module="00", old=old, new=new, mistake=mistake)


_NUMBERS = "return tuple(int(part) for part in match.group().split("
_PADDED = "return have + (0,) * (length - len(have)) >= need + (0,) * (length - len(need))"

MUTANTS = [
    _mistake("parts-as-text", _NUMBERS, "return tuple(part for part in match.group().split(",
             "version parts stay texts, so that 9 comes after 11"),
    _mistake("two-parts", 're.match(r"[0-9]+(\\.[0-9]+)*", text)', 're.match(r"[0-9]+(\\.[0-9]+)?", text)',
             "only the first two parts of a version are read"),
    _mistake("number-anywhere", 're.match(r"[0-9]+(\\.[0-9]+)*", text)', 're.search(r"[0-9]+(\\.[0-9]+)*", text)',
             "a number in the middle of a text counts as a version"),
    _mistake("version-not-named", "; got {text!r}", "", "the error does not name the text"),
    _mistake("meets-strictly", _PADDED, _PADDED.replace(">=", ">"), "a version does not meet itself"),
    _mistake("missing-parts", _PADDED, "return have >= need", "missing parts are not counted as 0"),
    _mistake("part-by-part", _PADDED, "return all(h >= n for h, n in zip(have, need))",
             "each part must reach its own minimum, so 2.0 does not meet 1.9"),
    _mistake("elements-not-bytes", "return math.prod(shape) * np.dtype(dtype).itemsize", "return math.prod(shape)",
             "elements are counted, not bytes"),
    _mistake("always-four-bytes", "* np.dtype(dtype).itemsize", "* 4", "the dtype is ignored"),
    _mistake("bytes-overflow", "return math.prod(shape)", "return int(np.prod(shape, dtype=np.int64))",
             "the product overflows 64 bits"),
    _mistake("sum-of-sides", "return math.prod(shape)", "return sum(shape)", "sides are added, not multiplied"),
    _mistake("two-negatives", "if any(size < 0 for size in shape):", "if math.prod(shape) < 0:",
             "two negative dimensions are accepted"),
    _mistake("legacy-seed", "    _generator = np.random.default_rng(seed)", "    np.random.seed(seed)",
             "manual_seed seeds NumPy's old global state, not the generator"),
    _mistake("seed-forgotten", "    _generator = np.random.default_rng(seed)",
             "    _generator = np.random.default_rng()",
             "manual_seed makes a new generator without the seed"),
    _mistake("one-seed", "    _generator = np.random.default_rng(seed)", "    _generator = np.random.default_rng(0)",
             "every seed gives the same numbers"),
    _mistake("other-generator", "    _generator = np.random.default_rng(seed)",
             "    _generator = np.random.Generator(np.random.MT19937(seed))", "another generator than default_rng"),
    _mistake("fresh-generator", "    return _generator", "    return np.random.default_rng(0)",
             "generator() starts anew at every call"),
    _mistake("no-platform", '"platform": ', '"system": ', "the key platform is missing"),
    _mistake("version-as-tuple", '"python": platform.python_version()',
             '"python": parse_version(platform.python_version())', "a version is given as a tuple, not as text"),
    _mistake("numpy-fixed", '"numpy": np.__version__', '"numpy": "2.0"',
             "NumPy's version is written down, not looked up"),
]  # fmt: skip

CORRECT = [
    Variant("step by step, without a regular expression", "by_hand.py", module="00"),
    Variant("a class that holds the generator, and NumPy's own arithmetic", "with_class.py", module="00"),
]
