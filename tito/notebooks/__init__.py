"""Notebooks: reading what is handed in, pairing, release, export to the package, and the marked copy."""
