"""Checkpoint 01, foundation: the tensor."""
