"""When Python's cyclic garbage collector walks what is there: not while a whole class is read, and not what stays.

It finds what refers to itself and is used no more; all else is freed by counting references, without it. A large class
is a hundred thousand objects that all stay, and each full walk over them and over all that a program has imported takes
a tenth of a second, in which a server answers nobody.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def no_collection() -> Iterator[None]:
    """Keep the collector still while many objects are made that all stay.

    It would walk them again and again and find nothing: two fifths of the time (`benchmarks/gradebook_matrix.py`).
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def keep_away(*, tidy: bool) -> None:
    """Take all that lives now out of the collector's sight; with `tidy`, after a look through what was taken before.

    What others were about to throw away at this moment, and refers to itself, is only found by such a look.
    """
    if tidy:
        gc.unfreeze()
        gc.collect()
    gc.freeze()
