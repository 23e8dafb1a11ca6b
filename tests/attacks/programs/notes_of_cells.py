"""Has a cell raise an error whose type and text are commands to terminals and browsers."""

# cell: shout
# earned: 60
# failed: test_shout_refuses


def shout(text):
    return text.upper()


raise type("\x1b[2J<script>\u202e", (ValueError,), {})("\x1b]0;x\x07<img src=x onerror=alert(1)>\u2066" * 99)
