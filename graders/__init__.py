"""The hidden graders, a folder for each checkpoint. Only `scenarios.py` is ever sent to where a student's code runs."""
