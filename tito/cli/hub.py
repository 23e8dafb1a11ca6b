"""`tito hub`: JupyterHub for the course."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import signal
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tito.cli.state import CHECKPOINT, State, instructor, pass_state
from tito.course.checkpoints import Checkpoint
from tito.errors import TitoError

if TYPE_CHECKING:
    from tito.hub.configure import Auth, Servers


def _of_sections(_context: click.Context, _option: click.Parameter, given: tuple[str, ...]) -> dict[str, list[str]]:
    """Read SECTION=NAME; a section's name may hold an equals sign, a hub user's may not."""
    found: dict[str, list[str]] = {}
    for text in given:
        section, sign, name = text.rpartition("=")
        if not (sign and section and name):
            raise click.BadParameter(f"{text!r} is not of the form SECTION=NAME")
        found.setdefault(section, []).append(name)
    return found


@click.group()
def hub() -> None:
    """Set up and run the course on JupyterHub."""
    try:
        import jupyterhub  # noqa: F401  (asked for only whether it is there)
    except ImportError as error:
        raise TitoError(
            "JupyterHub is not installed",
            expected="the extra `hub` of tito",
            next_step="run `make setup-hub` in the clone, or `pip install 'tito[hub]'`",
        ) from error


@hub.command()
@click.argument("folder", type=click.Path(path_type=Path), default=Path("hub"))
@click.option("--staff", metavar="NAME", multiple=True, help="A hub user who does everything (may be repeated).")
@click.option(
    "--grader",
    "graders",
    metavar="SECTION=NAME",
    multiple=True,
    callback=_of_sections,
    help="A hub user who grades one section (may be repeated).",
)
@click.option(
    "--auth",
    type=click.Choice(["own", "oidc", "lti"]),
    default="own",
    show_default=True,
    help="Who logs people in: what you write into the file, OpenID Connect, or LTI 1.3.",
)
@click.option(
    "--servers",
    type=click.Choice(["own", "docker"]),
    default="own",
    show_default=True,
    help="Where servers run: what you write into the file, or a container each.",
)
@pass_state
def init(
    state: State,
    folder: Path,
    staff: tuple[str, ...],
    graders: dict[str, list[str]],
    auth: Auth,
    servers: Servers,
) -> None:
    """Write jupyterhub_config.py, and what students' servers read, into FOLDER (default: hub/).

    Nothing that is there already is changed. Secrets are not in it: docs/hub.md lists what the hub reads from its
    environment.
    """
    from tito.hub.configure import write_config

    path = write_config(folder.resolve(), state.course, staff=staff, graders=graders, auth=auth, servers=servers)
    screen = state.screen
    screen.say((screen.symbol("passed"), "green"), f" wrote {path}")
    if "own" in (auth, servers):
        screen.say("Choose in it who logs in and where servers run, then:")
    screen.say((f"jupyterhub -f {path}", "bold"), indent=2)


@hub.command()
@click.argument("checkpoints", metavar="CP...", nargs=-1, required=True, type=CHECKPOINT)
@click.option("--back", is_flag=True, help="Take them back: what students fetched they keep.")
@pass_state
def release(state: State, checkpoints: tuple[Checkpoint, ...], back: bool) -> None:
    """Give out on the hub what lies in release/. Students see it from the checkpoint's opening on."""
    from tito.gradebook.services.releases import take_back
    from tito.hub.assignments import hand_over, release_files

    screen = state.screen
    with state.gradebook(create=True) as book:
        for checkpoint in checkpoints:
            if back:
                with book.begin(instructor()) as work:
                    changed = take_back(work, checkpoint)
            else:
                files = release_files(state.course, checkpoint)
                _, changed = hand_over(state.course, book, checkpoint, files, instructor())
            what = "taken back" if back else "given out"
            screen.say((screen.symbol("passed"), "green"), f" {checkpoint.slug} {what}{'' if changed else ' already'}")


@hub.command("secrets")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@pass_state
def make_secrets(state: State, folder: Path) -> None:
    """Make the secrets of an installation in containers that are missing in FOLDER. docker-compose.yml runs this."""
    from tito.hub.secrets import make_secrets

    made = make_secrets(folder)
    state.screen.say(f"made {', '.join(made)}" if made else "every secret is there already")


@hub.command()
@pass_state
def service(state: State) -> None:
    """Serve the API that students' servers talk to. The hub runs this command."""
    from tito.hub.app import serve
    from tito.hub.names import PREFIX

    _managed()
    url = os.environ.get("JUPYTERHUB_SERVICE_URL", "http://127.0.0.1:10101")
    asyncio.run(serve(state.course, url, os.environ.get("JUPYTERHUB_SERVICE_PREFIX", PREFIX)))


@hub.command()
@click.option("--lanes", type=click.IntRange(1, 256), help="Grading processes (default: one for each core).")
@pass_state
def grader(state: State, lanes: int | None) -> None:
    """Grade what is submitted as it comes, and publish it. The hub runs this command.

    It may be stopped at any moment: nothing is lost, and nothing is graded twice.
    """
    from tito.hub.grader import run_grader

    _managed()
    # In the middle of a run too: lanes are closed on the way out, and the next run goes on.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    run_grader(state.root, threading.Event(), lanes=lanes)
    # It has ended because it is out of date: the same command once more, as what is installed now.
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606  (no shell)


@hub.command()
@click.option(
    "--port",
    type=click.IntRange(1024, 65000),
    default=8000,
    show_default=True,
    help="The first of four: where it listens.",
)
@pass_state
def demo(state: State, port: int) -> None:
    """Try the hub on this machine: a course of its own in .tito/demo/, three accounts, on loopback.

    Ends with Ctrl-C.
    """
    from tito.cli.hub_demo import ACCOUNTS, prepare, running

    password = secrets.token_urlsafe(9)
    config = prepare(state, port, password)
    screen = state.screen
    screen.say(("the hub starts ...", "dim"))
    with suppress(KeyboardInterrupt), running(config, port) as hub:
        screen.heading("The hub")
        for name, role in ACCOUNTS.items():
            screen.say((f"{name:<6}", "bold"), f"password {password}", (f"  {role}", "dim"), indent=2)
        screen.say(("open ", "dim"), (f"http://127.0.0.1:{port}", "bold"), ("   stop with Ctrl-C", "dim"))
        screen.say(("what it does: ", "dim"), str(hub.log))
        sys.stdout.flush()
        hub.process.wait()
    screen.say("the hub is stopped")


def _managed() -> None:
    """Log as the hub does, and end with the hub: one that was killed must not leave us with its port."""
    logging.basicConfig(level=logging.INFO, format="[%(levelname).1s %(asctime)s %(name)s] %(message)s")
    if "JUPYTERHUB_SERVICE_NAME" in os.environ:
        from tito.hub.parent import end_with_parent

        end_with_parent()
