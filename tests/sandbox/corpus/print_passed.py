"""Prints success and writes files that look like results."""

# row: 9
# must: nothing gained
import os


def main(target):
    print("===== 20 passed in 0.01s =====")
    os.write(1, b'{"verdict": "passed", "earned": "100"}\n')
    gained = []
    for path in (target["folder"] + "/results.json", target["secret"], "results.xml", "/results/results.json"):
        try:
            with open(path, "w") as file:
                file.write('{"score": 100}')
            if not path.startswith("results"):  # in its own throw-away folder it may
                gained.append(path)
        except OSError:
            pass
    return gained
