"""The figures that README and docs name, measured: `python -m benchmarks --list`.

Each figure is a ratio or a difference of two sides measured in one run, with the repetitions of both interleaved, so
that a busy machine disturbs both alike. No test asserts a time; these are programs to run on a quiet machine.
"""
