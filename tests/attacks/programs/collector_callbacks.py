"""Has code run by the garbage collector, by weak references and at the interpreter's end."""

# cell: shout
# earned: 60
# failed: test_shout_refuses

import atexit
import gc
import os
import sys
import weakref


class Node:
    pass


def again(*ignored):
    raise SystemExit("from the collector")


atexit.register(os._exit, 0)
gc.callbacks.append(again)
gc.set_threshold(1)
node = Node()
node.self = node
weakref.finalize(node, again)
del node
sys.unraisablehook = sys.excepthook = again


def shout(text):
    return text.upper()
