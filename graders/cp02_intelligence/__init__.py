"""Checkpoint 02, intelligence: activations."""
