"""Real data that the course trains on: pictures of handwritten digits."""

from __future__ import annotations

from tito.data.handwriting import BESIDE, TARGET, VARIABLE, Handwriting, Recipe, find_handwriting

__all__ = ["BESIDE", "TARGET", "VARIABLE", "Handwriting", "Recipe", "find_handwriting"]
