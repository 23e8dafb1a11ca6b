"""Checkpoint 07, training: schedules, clipping, epochs, evaluation, and runs that can be interrupted."""
