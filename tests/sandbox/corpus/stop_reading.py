"""Never reads again, while more is being sent to it. (The test sends a large batch.)"""

# row: 12
# must: timed out
# within: 0.5
import time


def main(target):
    time.sleep(1000)
