"""Uses up all descriptors and lowers its own limits, and answers rightly."""

# cell: shout
# earned: 60
# failed: test_shout_refuses

import os
import resource


def shout(text):
    try:
        while True:
            os.dup(1)
    except OSError:
        pass
    for name in (resource.RLIMIT_NOFILE, resource.RLIMIT_AS, resource.RLIMIT_CPU, resource.RLIMIT_FSIZE):
        try:
            resource.setrlimit(name, (0, 0))
        except (OSError, ValueError):
            pass
    return text.upper()
