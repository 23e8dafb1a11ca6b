"""What students change of themselves: the pseudonym under which they stand on the leaderboard."""

from __future__ import annotations

from tito.gradebook.services.pseudonyms import choose_pseudonym
from tito.hub.pages.asked import Submitted


def pseudonym(sent: Submitted) -> str:
    """Choose a pseudonym, or leave the leaderboard (an empty one). Raises TitoError.

    The form carries no `seen`: nobody else changes it, and what staff did meanwhile is none of its business.
    """
    typed = sent.text("pseudonym")
    choose_pseudonym(sent.work, student_id=sent.viewer.name, pseudonym=typed or None)
    return f"You are on the leaderboard as {typed}." if typed else "You are not on the leaderboard."
