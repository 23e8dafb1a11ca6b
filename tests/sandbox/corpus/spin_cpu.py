"""Burns processor time below the wall clock's deadline, with SIGXCPU ignored."""

# row: 13
# must: timed out
# limits: cpu_seconds=1
import signal


def main(target):
    signal.signal(signal.SIGXCPU, signal.SIG_IGN)
    while True:
        pass
