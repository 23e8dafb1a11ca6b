"""What a test needs and a machine may lack."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest


def missing(what: str) -> NoReturn:
    """Skip for want of something. CI has everything, and a test that does not run there is a failure."""
    if os.environ.get("CI"):
        pytest.fail(f"CI has to have it: {what}")
    pytest.skip(f"needs {what}")


def needs(what: str, *, there: bool) -> pytest.MarkDecorator:
    """Mark what is skipped for want of something. In CI it runs, and fails by itself."""
    return pytest.mark.skipif(not there and not os.environ.get("CI"), reason=f"needs {what}")
