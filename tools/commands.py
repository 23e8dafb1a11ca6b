"""Write docs/commands.md from the commands' own help; with `--check`, only say whether it is current."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from tito.cli.main import SECTIONS, cli

TARGET = Path(__file__).resolve().parents[1] / "docs" / "commands.md"
HEAD = """# Commands

Written by `tools/commands.py` from the commands' own help; a test keeps it current.

A checkpoint `CP` is named by its number, `cp01`, `cp01_foundation` or `foundation`; a module `NN` by its number,
`01_tensor` or `tensor`. `tito -C DIR ...` works on the course in another folder. `--json` prints one JSON document
on stdout and errors as JSON on stderr.

| Exit code | Meaning |
|---|---|
| 0 | done |
| 1 | a problem that is told in words, or a check that found something |
| 2 | wrong usage |
| 3 | a fault of Tito's own; the traceback is in `.tito/crash-*.log` |
| 130 | stopped with Ctrl-C |
"""


def main() -> int:
    """Write the file, or compare it."""
    text = "\n".join([HEAD, *_sections()])
    if "--check" not in sys.argv[1:]:
        TARGET.write_text(text, encoding="utf-8")
        return 0
    if TARGET.is_file() and TARGET.read_text(encoding="utf-8") == text:
        return 0
    print(f"{TARGET} is not current: run `python tools/commands.py`", file=sys.stderr)
    return 1


def _sections() -> Iterator[str]:
    context = click.Context(cli, info_name="tito")
    for title, section in SECTIONS.items():
        yield f"## {title}\n"
        for name in section:
            command = cli.get_command(context, name)
            assert command is not None
            yield from _command(command, click.Context(command, info_name=name, parent=context))


def _command(command: click.Command, context: click.Context) -> Iterator[str]:
    if isinstance(command, click.Group):
        yield f"### `{context.command_path}`\n\n{command.help}\n"
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            yield from _command(inner, click.Context(inner, info_name=name, parent=context))
        return
    pieces = [piece for piece in command.collect_usage_pieces(context) if piece != "[OPTIONS]"]
    yield f"### `{' '.join([context.command_path, *pieces])}`\n\n{_plain(command.help or '')}\n"
    options = [
        f"- `{', '.join(parameter.opts)}{_metavar(parameter, context)}`: {parameter.help}"
        for parameter in command.params
        if isinstance(parameter, click.Option) and parameter.help
    ]
    if options:
        yield "\n".join(options) + "\n"


def _metavar(option: click.Option, context: click.Context) -> str:
    return "" if option.is_flag else f" {option.make_metavar(context)}"


def _plain(text: str) -> str:
    return "\n".join(line.strip() for line in text.splitlines())


if __name__ == "__main__":
    sys.exit(main())
