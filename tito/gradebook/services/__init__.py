"""Use cases: each function takes a unit of work, does one thing, and writes its audit event. None commits."""
