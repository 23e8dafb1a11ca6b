"""Grading: scenarios go into the sandbox, values come back, verdicts are made here."""
