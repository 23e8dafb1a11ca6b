"""Leaves things where the next submission might find them. (The test looks, in the next worker.)"""

# row: 17
# must: nothing gained
import os
import random

import numpy as np


def main(target):
    for folder in ("/tmp", "/dev/shm", "/var/tmp", os.path.expanduser("~"), ".", os.path.dirname(np.__file__)):
        try:
            with open(f"{folder}/tito-attack-left", "w") as file:
                file.write("x")
        except OSError:
            pass
    np.float32 = np.float64
    np.tito_attack_left = random.tito_attack_left = True
    return []
