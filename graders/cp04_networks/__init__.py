"""Checkpoint 04, networks: losses."""
