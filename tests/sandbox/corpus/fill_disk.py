"""Writes files until none can be written: in bytes, and in number."""

# row: 15
# must: nothing gained
import os

ENOUGH = 4 << 20


def main(target):
    written = count = 0
    try:
        while written < ENOUGH:
            with open(f"/tmp/tito-attack-{count}", "wb") as file:
                count += 1
                written += file.write(bytes(100_000))
    except OSError:
        pass
    names = 0
    try:
        while names < 5000:
            os.mkdir(f"/tmp/tito-attack-d{names}")
            names += 1
    except OSError:
        pass
    return [f"{written} bytes" for _ in range(1) if written >= ENOUGH] + [
        f"{names} names" for _ in range(1) if names >= 5000
    ]
