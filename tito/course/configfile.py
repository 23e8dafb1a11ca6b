"""Running `course_config.py` by traitlets' own loader, while noting the line at which each option was set."""

from __future__ import annotations

import ast
import sys
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

from traitlets.config.loader import Config, ConfigFileNotFound, PyFileConfigLoader

from tito.course.problems import Problem

Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an option was set."""

    file: str
    line: int


@dataclass
class LoadedConfig:
    """What a config file has set, and where. `problems` says what stopped it, beside what was set by then."""

    file: str
    config: Config
    origins: dict[Key, Origin] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def origin(self, *keys: Key) -> Origin | None:
        """Return where the first of the keys that was set was set."""
        return next((self.origins[key] for key in keys if key in self.origins), None)


class _Origins:
    """Shared by all files of one load: which files they are, and where each option was set."""

    def __init__(self) -> None:
        self.files: set[str] = set()
        self.found: dict[Key, Origin] = {}
        self.merging = False
        self._trees: dict[str, ast.Module] = {}

    def note(self, key: Key) -> None:
        """Note that the config file's line that runs right now set `key`."""
        if self.merging:
            return
        frame: FrameType | None = sys._getframe(1)
        while frame is not None and frame.f_code.co_filename not in self.files:
            frame = frame.f_back
        if frame is not None:
            file = frame.f_code.co_filename
            self.found[key] = Origin(file, self._refine(file, frame.f_lineno, key[-1]))

    def _refine(self, file: str, line: int, name: str) -> int:
        """Return the line of the keyword or attribute `name` inside the statement that runs at `line`.

        A statement over many lines runs "at" one of them; a person looks for the line that names the option.
        """
        if file not in self._trees:
            self._trees[file] = ast.parse(Path(file).read_bytes())
        lines = []
        for node in ast.walk(self._trees[file]):
            if not isinstance(node, ast.Assign | ast.Expr | ast.AugAssign):
                continue
            if not node.lineno <= line <= (node.end_lineno or node.lineno):
                continue
            for part in ast.walk(node):
                if isinstance(part, ast.keyword) and part.arg == name:
                    lines.append(part.lineno)
                elif isinstance(part, ast.Attribute) and part.attr == name and part.end_lineno:
                    lines.append(part.end_lineno)
        return lines[0] if lines else line


class _TracedConfig(Config):
    """A Config that notes where each option is set. Sections are made on first use, as in its base."""

    def __init__(self, origins: _Origins, path: Key = ()) -> None:
        # names with one underscore would be taken for options by Config's own attribute access
        object.__setattr__(self, "_origins", origins)
        object.__setattr__(self, "_path", path)
        super().__init__()

    def __getitem__(self, key: str) -> Any:
        if not dict.__contains__(self, key) and not key.startswith("_"):
            if key[:1].isupper():
                dict.__setitem__(self, key, _TracedConfig(self._origins, (*self._path, key)))
            self._origins.note((*self._path, key))
        return super().__getitem__(key)

    def __setitem__(self, key: str, value: Any) -> None:
        super().__setitem__(key, value)
        self._origins.note((*self._path, key))

    def update(self, *args: Any, **kwargs: Any) -> None:
        """Set several options at once: `c.Checkpoint01.update(weight=8, due="...")`."""
        for key, value in dict(*args, **kwargs).items():
            self[key] = value


class _TracingLoader(PyFileConfigLoader):
    """traitlets' loader with a Config that notes lines, also through `load_subconfig`."""

    def __init__(self, filename: str, path: str | None, origins: _Origins) -> None:
        self._origins = origins
        super().__init__(filename, path)

    def clear(self) -> None:
        """Start with an empty, traced config."""
        self.config = _TracedConfig(self._origins)

    def _read_file_as_dict(self) -> None:
        self._origins.files.add(self.full_filename)
        super()._read_file_as_dict()

    def load_subconfig(self, fname: str, path: str | None = None) -> None:
        """Read another file into this one. One that is not there is an error here, not silently nothing."""
        loader = _TracingLoader(fname, self.path if path is None else path, self._origins)
        loader.load_config()
        self._origins.merging = True
        try:
            self.config.merge(loader.config)
        finally:
            self._origins.merging = False


def load_file(path: Path) -> LoadedConfig:
    """Run a config file and return what it sets. Whatever the file raises becomes a problem."""
    origins = _Origins()
    loader = _TracingLoader(path.name, str(path.parent), origins)
    loaded = LoadedConfig(str(path), Config())
    try:
        loader.load_config()
    except SyntaxError as error:
        loaded.problems.append(
            Problem(error.filename or str(path), error.lineno, f"this is not Python: {error.msg}", "a Python file")
        )
    except (Exception, SystemExit) as error:  # noqa: BLE001  whatever the file raises is told with its line
        at = _line_of(error.__traceback__, origins.files)
        if at is None:
            what = f"this file cannot be run: {type(error).__name__}: {error}"
            loaded.problems.append(Problem(str(path), None, what, "a readable Python file in UTF-8"))
        elif isinstance(error, ConfigFileNotFound):
            what = f"the file that this line loads is not there: {error}"
            loaded.problems.append(Problem(at.file, at.line, what, "a config file"))
        else:
            what = f"this line raises {type(error).__name__}: {error}"
            loaded.problems.append(Problem(at.file, at.line, what, "a line that runs"))
    loaded.config = _plain(loader.config)
    loaded.origins = origins.found
    return loaded


def _line_of(traceback: TracebackType | None, files: set[str]) -> Origin | None:
    """Return the last line of a config file that the traceback passes through."""
    found = None
    while traceback is not None:
        if traceback.tb_frame.f_code.co_filename in files:
            found = Origin(traceback.tb_frame.f_code.co_filename, traceback.tb_lineno)
        traceback = traceback.tb_next
    return found


def _plain(config: Config) -> Config:
    """Return a copy in traitlets' own class, which can be copied and merged as usual."""
    plain = Config()
    for key, value in config.items():
        dict.__setitem__(plain, key, _plain(value) if isinstance(value, Config) else value)
    return plain
