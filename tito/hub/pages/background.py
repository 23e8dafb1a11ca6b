"""What goes on beside the requests, for one checkpoint after the other, and is told on a page."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, Generic, TypeVar

from tito.course.checkpoints import Checkpoint
from tito.errors import TitoError

_LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a checkpoint's work is since this service was started: what `Background` says of any."""

    running: bool = False
    problem: str = ""
    """Why the last time failed."""


State = TypeVar("State", bound=Progress)


class Background(Generic[State]):
    """Work on checkpoints in threads, of which one at a time works. May be shared by threads.

    `name` is what the log calls the work, and `nothing` what there is to tell before the first of it.
    """

    def __init__(self, name: str, nothing: State) -> None:
        self._name = name
        self._nothing = nothing
        self._lock = threading.Lock()
        self._turn = threading.Lock()
        self._states: dict[int, State] = {}
        self._again: set[int] = set()

    def state(self, checkpoint: Checkpoint) -> State:
        """Return how far a checkpoint's work is."""
        with self._lock:
            return self._state(checkpoint)

    def _state(self, checkpoint: Checkpoint) -> State:
        return self._states.get(checkpoint.number, self._nothing)

    def _begin(
        self, checkpoint: Checkpoint, work: Callable[[], State], *, again: bool = False, **begun: object
    ) -> threading.Thread | None:
        """Work in a thread of its own, unless it goes on already: then, with `again`, it is done once more afterwards.

        Meanwhile the state is as before, but running and with what is `begun`; afterwards it is what the work returns.
        """
        with self._lock:
            before = self._state(checkpoint)
            if before.running:
                if again:
                    self._again.add(checkpoint.number)
                return None
            self._states[checkpoint.number] = replace(before, running=True, problem="", **begun)
        # A daemon: whoever ends the service need not wait, and nothing that is left half done is taken for whole.
        name = f"{self._name}-{checkpoint.short}"
        thread = threading.Thread(target=self._run, args=(checkpoint, work), name=name, daemon=True)
        thread.start()
        return thread

    def _advance(self, checkpoint: Checkpoint, change: Callable[[State], State]) -> None:
        """Let pages know how far it came."""
        with self._lock:
            self._states[checkpoint.number] = change(self._state(checkpoint))

    def _run(self, checkpoint: Checkpoint, work: Callable[[], State]) -> None:
        while True:
            with self._turn:  # two at once would only slow each other, and the pages, down
                with self._lock:
                    self._again.discard(checkpoint.number)  # what came while this waited for its turn is part of it
                state = self._ended(checkpoint, work)
            with self._lock:
                if checkpoint.number not in self._again:
                    self._states[checkpoint.number] = state
                    return

    def _ended(self, checkpoint: Checkpoint, work: Callable[[], State]) -> State:
        try:
            return work()
        except (TitoError, OSError) as error:
            problem = str(error)[:1000]
        except Exception:  # noqa: BLE001 (nobody waits for this thread: whoever looks at the page has to be told)
            _LOG.exception("%s of %s failed", self._name, checkpoint.slug)
            problem = "it failed on our side; the log of the service says more"
        return replace(self.state(checkpoint), running=False, problem=problem)
