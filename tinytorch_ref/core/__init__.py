"""The core modules 00 to 13, each under the name that students export it to."""
