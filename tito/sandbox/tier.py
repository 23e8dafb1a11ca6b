"""How strongly a student's code is held: the three tiers, weakest first."""

from __future__ import annotations

from enum import IntEnum

from tito.errors import TitoError


class Tier(IntEnum):
    """What stands between a worker and the machine; comparable, a larger one is stronger."""

    NONE = 0
    LANDLOCK = 1
    NAMESPACES = 2

    @property
    def label(self) -> str:
        """The name in configuration, results and messages."""
        return self.name.lower()

    @classmethod
    def parse(cls, text: str) -> Tier:
        """Read a label. Raises TitoError that names the three."""
        try:
            return cls[text.strip().upper()]
        except KeyError:
            raise TitoError(
                f"{text!r} is no isolation tier",
                expected=" or ".join(repr(tier.label) for tier in cls),
            ) from None
