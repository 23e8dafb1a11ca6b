"""`tito serve`: the gradebook's pages in the browser, on this machine alone."""

from __future__ import annotations

import asyncio
import signal

import click

from tito.cli.screen import words
from tito.cli.state import State, pass_state, user_name
from tito.errors import TitoError


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), default=8899, show_default=True, help="0 takes a free one.")
@click.option("--as-student", "student", metavar="ID", help="See what this student sees (nothing can be changed).")
@click.option("--section", "sections", metavar="NAME", multiple=True, help="See what a grader of this section sees.")
@pass_state
def serve(state: State, port: int, student: str | None, sections: tuple[str, ...]) -> int:
    """Show the gradebook in the browser: pages for instructors, graders and students.

    It listens on this machine alone. Open the address that is printed; it works once, and each use prints the next.
    Ctrl-C ends it.
    """
    from tito.hub.pages import local  # tornado starts slower than most commands run
    from tito.hub.pages.drafts import reader_key
    from tito.hub.pages.viewer import Role, Viewer

    if student and sections:
        raise TitoError("--as-student and --section exclude each other", expected="one of them")
    viewer = Viewer(Role.INSTRUCTOR, user_name())
    if student:
        viewer = Viewer(Role.STUDENT, student, looks_only=True)
    elif sections:
        viewer = Viewer(Role.GRADER, user_name(), frozenset(sections))

    def announce(address: str) -> None:
        state.screen.say(words(address))

    async def run() -> None:
        ended = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, ended.set)
        key = reader_key(state.course)
        await local.serve(state.course, book, viewer, port=port, announce=announce, until=ended, key=key)

    with state.gradebook() as book:
        try:
            asyncio.run(run())
        except OSError as error:
            raise TitoError(
                f"port {port} cannot be used: {error.strerror}",
                expected="a free port",
                next_step="Name another one with --port, or let 0 choose.",
            ) from error
    return 0
