"""Looks through frames, all objects, line caches and the main module for expected values."""

# row: 2
# must: nothing gained
import gc
import linecache
import re
import sys

PATTERN = re.compile("expected-value-[0-9a-f]{32}")


def main(target):
    texts = [repr(vars(sys.modules["__main__"])), repr(linecache.cache)]
    frame = sys._getframe()
    while frame is not None:
        texts.append(repr(dict(frame.f_locals)))
        frame = frame.f_back
    for thing in gc.get_objects():
        if type(thing) in (dict, list, tuple):
            texts += [item for item in (thing.values() if type(thing) is dict else thing) if type(item) is str]
    return [match for text in texts for match in PATTERN.findall(text)]
