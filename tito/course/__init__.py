"""The course as data: checkpoints, calendar, policies and the vocabulary of results."""
