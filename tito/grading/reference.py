"""Runs scenarios on the reference, on the trusted side, and gives plain values."""

from __future__ import annotations

import random
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np

from tito.grading.plain import as_plain, fresh
from tito.sandbox.program import Call


class ReferenceRaised(Exception):
    """A scenario raised on the reference; `type` and `message` are what a student's program may be held to."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(f"{kind}: {message}")
        self.type = kind
        self.message = message


class ReferencePackage:
    """The reference as scenarios see it: the flat names, and `module("core.tensor")` for one module."""

    def __init__(self, package: ModuleType) -> None:
        self._package = package

    def __getattr__(self, name: str) -> Any:
        return getattr(self._package, name)

    def module(self, name: str) -> Any:
        """Return one module of the reference, e.g. `core.tensor`."""
        found: Any = self._package
        for part in name.split("."):
            found = getattr(found, part)
        return found


class Reference:
    """Runs scenario functions on `tinytorch_ref`."""

    def __init__(self, package: ModuleType) -> None:
        self.package = ReferencePackage(package)

    @property
    def graph(self) -> Any:
        """The module whose `watched` shows what a walk does; None for a reference that has none."""
        return getattr(getattr(self.package, "core", None), "graph", None)

    def run(self, scenario: Callable[..., Any], call: Call) -> Any:
        """Return the plain value of one call. Raises ReferenceRaised when the scenario raises."""
        random.seed(call.seed)
        np.random.seed(call.seed % 2**32)  # noqa: NPY002 - a program may use the legacy generator; the worker does so
        try:
            with np.errstate(all="ignore"):
                return as_plain(scenario(self.package, *(fresh(argument) for argument in call.args)))
        except Exception as error:
            raise ReferenceRaised(type(error).__name__, str(error)) from error
