"""Checkpoint 05, differentiation: gradients of every operation, and the walk that brings them back."""
