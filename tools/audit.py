"""Audit the graders and write the table of docs/audit.md.

    python tools/audit.py            audit every checkpoint that has graders: some minutes
    python tools/audit.py 03 05      audit these, and keep what is known of the others
    python tools/audit.py --named    run one of the three audits alone: --named, --automatic or --repeated
    python tools/audit.py --write    write the page anew from docs/audit.json
    python tools/audit.py --check    only say whether the page is current; runs no grader

What was found is kept in docs/audit.json, with what it was found on: how many mistakes, correct programs and equivalent
entries there were. `--check` counts these again.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tito.course.checkpoints import Checkpoint, find_checkpoint
from tito.course.config import Course, load_course
from tito.grading.audit import audit, load_catalogue
from tito.grading.automatic import audit_mutations, equivalent
from tito.grading.engine import choose_tier, gradable
from tito.grading.mutation import mutations
from tito.grading.repeat import repeat

ROOT = Path(__file__).resolve().parents[1]
PAGE, DATA = ROOT / "docs" / "audit.md", ROOT / "docs" / "audit.json"

HEAD = """# The audit of the graders

Written by `tools/audit.py`, which runs the three commands below on every checkpoint; a test compares what can be
counted.

A grader errs in two ways: it lets a mistake pass, or it marks down work that is right. So each checkpoint's graders are
held against programs whose worth is known, graded in the sandbox as students' are.

| | Programs | Required | Command |
|---|---|---|---|
| **Named mistakes** | what students get wrong, one by one: `graders/*/mutants.py` | a test catches each under three \
input sets | `tito graders audit` |
| **Automatic mistakes** | the solution with one operator, number, name or argument changed, by mutmut's operators | a \
test catches 97 % of those that are not equivalent, under three input sets | `tito graders mutate` |
| **Correct programs** | the solution, and programs that are built differently: `graders/*/correct/` | full marks \
under 50 input sets each | `tito graders repeat` |
| **Untouched release** | the notebook as students get it | no points | `tito graders audit` |
"""
NOTES = """
An automatic mistake is *equivalent* when the program keeps to the contract with it: `a > 0` for `a >= 0` where both
formulas agree at 0, or another word in an error message. Each one stands with its reason in the checkpoint's
`equivalent.toml` (linked in the table), and is run like the others: an entry that names no mistake any more, or one
that a test does catch, fails the audit. What a student does not write is not mutated: locked cells are the server's
copy in every submission.
"""


WEAK = """
## What is known to slip through

- A backward whose cost grows with the square of the graph, as long as 10,000 operations in a row stay within the time
  of one test: a list that is searched at each step does.
- `SGD` with a momentum of exactly 1, with which no gradient ever fades, is not tried by any test of checkpoint 06.
- The words of error messages, beyond the shapes and values that the contract asks for.
"""


def main(arguments: list[str]) -> int:
    """Run the audits that are asked for, and write or compare the page."""
    course = load_course(ROOT)
    known: dict[str, Any] = json.loads(DATA.read_text(encoding="utf-8")) if DATA.is_file() else {}
    if "--check" in arguments:
        return _check(course, known)
    if "--write" not in arguments:
        parts = [part for part in PARTS if f"--{part}" in arguments] or list(PARTS)
        asked = tuple(find_checkpoint(text) for text in arguments if not text.startswith("-"))
        for checkpoint in gradable(course, asked or None):
            for part in parts:
                print(f"{checkpoint.slug}: {part} ...", file=sys.stderr)
                entry = known.setdefault(checkpoint.slug, {})
                entry[part] = PARTS[part](course, checkpoint)
                entry["counted"] = counted(course, checkpoint)
                _keep(known)
    _keep(known)
    PAGE.write_text(page(known), encoding="utf-8")
    return 0


def _keep(known: dict[str, Any]) -> None:
    DATA.write_text(json.dumps(dict(sorted(known.items())), indent=2) + "\n", encoding="utf-8")


def _named(course: Course, checkpoint: Checkpoint) -> dict[str, Any]:
    report = audit(course, checkpoint, choose_tier(course))
    return {
        "tests": report.tests,
        "mistakes": len(report.mutants),
        "caught": len(report.mutants) - len(report.survivors),
        "full_marks": report.solution == report.possible,
        "released": str(report.released),
        "false_alarms": len(report.false_alarms),
    }


def _automatic(course: Course, checkpoint: Checkpoint) -> dict[str, Any]:
    return audit_mutations(course, checkpoint, choose_tier(course)).to_json()


def _repeated(course: Course, checkpoint: Checkpoint) -> dict[str, Any]:
    return repeat(course, checkpoint, choose_tier(course)).to_json()


PARTS = {"named": _named, "automatic": _automatic, "repeated": _repeated}


def counted(course: Course, checkpoint: Checkpoint) -> dict[str, int]:
    """Count what an audit of this checkpoint would run."""
    named, programs = load_catalogue(course, checkpoint)
    return {
        "named": len(named),
        "programs": len(programs) + 1,
        "automatic": len(mutations(course, checkpoint)),
        "equivalent": len(equivalent(course.paths.graders / checkpoint.slug)),
    }


def page(known: dict[str, Any]) -> str:
    """Return the text of docs/audit.md, for the checkpoints of which all parts are known."""
    known = {slug: entry for slug, entry in known.items() if PARTS.keys() <= entry.keys()}
    return "\n".join([HEAD, *_table(known), NOTES, *_operators(known), *_survivors(known), WEAK.rstrip()]) + "\n"


def _table(known: dict[str, Any]) -> Iterator[str]:
    yield (
        "| Checkpoint | Tests | Named mistakes | Caught | Automatic | Equivalent | Caught of the others "
        "| Correct programs | Runs | False alarms | Points of the release |"
    )
    yield "|---|" + "---:|" * 10
    rows = [_row(known[slug]) for slug in sorted(known)]
    for slug, row in zip(sorted(known), rows, strict=True):
        link = f"[{row[4]}](../graders/{slug}/equivalent.toml)" if row[4] else "0"
        share = f"{row[5]} of {row[3] - row[4]} ({row[5] / (row[3] - row[4]):.1%})"
        yield _line(slug, *row[:4], link, share, *row[6:], known[slug]["named"]["released"])
    if not rows:
        return
    sums = [sum(column) for column in zip(*rows, strict=True)]
    share = f"{sums[5]} of {sums[3] - sums[4]} ({sums[5] / (sums[3] - sums[4]):.1%})"
    yield _line("**all**", *sums[:5], share, *sums[6:], "")


def _row(entry: dict[str, Any]) -> tuple[int, ...]:
    named, automatic, repeated = entry["named"], entry["automatic"], entry["repeated"]
    return (
        named["tests"],
        named["mistakes"],
        named["caught"],
        automatic["tried"],
        automatic["equivalent"],
        automatic["killed"],
        repeated["programs"],
        repeated["runs"],
        len(repeated["alarms"]) + named["false_alarms"],
    )


def _operators(known: dict[str, Any]) -> Iterator[str]:
    totals: dict[str, Counter[str]] = {}
    for entry in known.values():
        for name, numbers in entry["automatic"]["operators"].items():
            totals.setdefault(name, Counter()).update(numbers)
    yield "## Automatic mistakes by operator\n"
    yield "Arguments that are taken away and names that are misspelt make a program fall over at once, and any test"
    yield "sees that. The changed operators and numbers are the harder half.\n"
    yield "| Operator | Tried | Equivalent | Caught of the others |"
    yield "|---|---:|---:|---:|"
    for name, numbers in sorted(totals.items(), key=lambda item: (-item[1]["tried"], item[0])):
        worth = numbers["tried"] - numbers["equivalent"]
        yield _line(name, numbers["tried"], numbers["equivalent"], f"{numbers['killed']} of {worth}")


def _survivors(known: dict[str, Any]) -> Iterator[str]:
    yield "\n## Survivors that are not equivalent\n"
    found = [(slug, text) for slug, entry in sorted(known.items()) for text in entry["automatic"]["survivors"]]
    if not found:
        yield "None."
    for slug, text in found:
        yield f"- {slug}: `{text}`"


def _line(*values: object) -> str:
    return "| " + " | ".join(map(str, values)) + " |"


def _check(course: Course, known: dict[str, Any]) -> int:
    """Compare the page with the data, and the data with what can be counted now."""
    wrong = (
        [] if PAGE.is_file() and PAGE.read_text(encoding="utf-8") == page(known) else ["docs/audit.md is not current"]
    )
    for slug, entry in sorted(known.items()):
        now = counted(course, find_checkpoint(slug))
        wrong += [
            f"{slug} was audited with {entry['counted'][name]} {name}, and has {count}"
            for name, count in now.items()
            if entry["counted"][name] != count
        ]
    for line in wrong:
        print(f"{line}: run `python tools/audit.py` for it", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
