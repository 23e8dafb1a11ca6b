"""Checkpoint 03, components: layers."""
