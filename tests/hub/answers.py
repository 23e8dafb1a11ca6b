"""An answer over HTTP, for tests to look at."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> str:
        """What went wrong, in the service's words."""
        what = self.json["error"]["what"]
        assert isinstance(what, str)
        return what
