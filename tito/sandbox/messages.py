"""The kinds of frame, by number; both sides share them. A frame's header is a list that starts with its kind.

Runs inside the sandbox: no imports.
"""

# supervisor to worker
LOAD = 1  # request, modules [[name, [[label, source, code or None], ...]], ...], scenarios [source, code or None]
RUN = 2  # request, number of calls that follow
CALL = 3  # scenario, seed, arguments
LEARN = 4  # more scenarios [source, code or None]; not answered

# worker to supervisor; `printed` is how many bytes of output the worker has written so far
READY = 10  # nothing: isolated, before any student's code
FAULT = 11  # text: isolating failed
LOADED = 12  # request, printed, errors [[module, label, type, message, line or None], ...], modules [name, ...]
RETURNED = 13  # request, index, printed, value
RAISED = 14  # request, index, printed, type, message, frames [[where, line, function, text], ...], types (own, bases)
MISSING = 15  # request, index, printed, name

MAX_TEXT = 4000
MAX_CELL_TEXT = 1000
MAX_FRAMES = 20
MAX_LINE = 300
MAX_BASES = 12
MAX_ERRORS = 200
