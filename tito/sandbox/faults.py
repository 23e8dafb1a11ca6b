"""The sandbox's own failures."""

from __future__ import annotations

from tito.errors import TitoError


class SandboxFault(TitoError):
    """The platform failed, not the student's program: callers turn this into a platform fault, never into a zero."""
