"""Runs untrusted code: zygote, worker, wire protocol, limits and isolation tiers."""
