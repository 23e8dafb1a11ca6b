"""What forms change: one file a subject, each a function from `Submitted` to the place to go on from."""
