"""Checkpoint 06, optimization: SGD, momentum, weight decay, Adam, AdamW and RMSprop, and what they remember."""
