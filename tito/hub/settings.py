"""What a hub's configuration reads from the environment: values as they are, secrets also from files."""

from __future__ import annotations

import os
from pathlib import Path

from tito.errors import TitoError


def setting(name: str, default: str | None = None) -> str:
    """Return the variable `name`, or the content of the file that `name`_FILE names, without white space around it.

    Raises TitoError when neither is set and there is no default, or when the file cannot be read or is empty.
    """
    value = os.environ.get(name, "").strip()
    if value:
        return value
    file = os.environ.get(f"{name}_FILE", "").strip()
    if file:
        try:
            value = Path(file).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise TitoError(f"{name}_FILE cannot be read: {error.strerror}", where=file) from error
        if value:
            return value
        raise TitoError(f"the file that {name}_FILE names is empty", where=file)
    if default is None:
        raise TitoError(
            f"the hub needs {name}",
            expected=f"the environment variable {name}, or {name}_FILE with the path of a file",
            next_step="docs/hub.md lists what each way to log in needs",
        )
    return default
