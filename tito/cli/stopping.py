"""What a long command says when it does not come to its end: how far it came, and that it can go on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

from tito.cli.screen import Screen
from tito.errors import TitoError


class Stopped(click.Abort):
    """Ctrl-C, with one line to say about it."""


@contextmanager
def resumable(screen: Screen, so_far: Callable[[], str]) -> Iterator[None]:
    """Say how far the block came when it is interrupted or meets an error; `so_far` gives the line, or nothing."""
    try:
        yield
    except KeyboardInterrupt as stop:
        raise Stopped(f"stopped: {so_far() or 'nothing was changed'}") from stop
    except TitoError:
        if line := so_far():
            screen.warn(line)
        raise
