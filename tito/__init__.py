"""Tito: the course platform for TinyTorch."""

__version__ = "0.1.0"
