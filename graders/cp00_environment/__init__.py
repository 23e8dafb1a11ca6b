"""Checkpoint 00, environment: versions, sizes in memory, and one random generator."""
