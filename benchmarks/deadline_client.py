"""The students of a benchmark at a deadline: each submits at a moment of their own, as the exchange plugin does.

    python -m benchmarks.deadline_client SERVICE_URL PLAN ANSWERS

PLAN is JSON: a list of students with their hub token, the path of their zip, the Idempotency-Key, the second in which
they press the button, and what goes wrong (`Mishap`). A thread for each asks for the list of assignments and sends the
zip, with the plugin's own client and its patience. ANSWERS gets what each was told and how long it took.
"""

from __future__ import annotations

import hashlib
import http.client
import json
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tito.course.checkpoints import CHECKPOINTS
from tito.errors import TitoError
from tito.exchange.client import Client
from tito.hub.names import DIGEST_HEADER, KEY_HEADER

PATH = f"assignments/{CHECKPOINTS[1].slug}/submissions"


class Mishap(StrEnum):
    """What goes wrong with an answer: the student's side sends the same again, under the same key."""

    NONE = "none"
    CUT = "cut"
    """The connection ends as soon as all is sent, before there is an answer."""
    LOST = "lost"
    """The answer comes and is lost on its way to whoever asked."""


@dataclass(frozen=True, slots=True)
class Student:
    """One student's plan. `at` is in seconds after the start."""

    name: str
    token: str
    zip: str
    key: str
    at: float
    mishap: Mishap


@dataclass(slots=True)
class Told:
    """What one student was told. Times are in seconds.

    `late` is how much later than planned they began (a busy client), `listed` the list's answer, `answered` the
    answer of each sending that was heard, `waited` all of it, from the button to the receipt.
    """

    name: str
    began: float
    late: float
    listed: float = 0.0
    answered: list[float] = field(default_factory=list)
    waited: float = 0.0
    receipts: list[dict[str, Any]] = field(default_factory=list)
    problem: str = ""


def submit(url: str, student: Student, start: float) -> Told:
    """Be one student, from the button to the receipt; what goes wrong is in what is returned."""
    body = Path(student.zip).read_bytes()
    headers = {
        "Content-Type": "application/zip",
        KEY_HEADER: student.key,
        DIGEST_HEADER: hashlib.sha256(body).hexdigest(),
    }
    client = Client(url, student.token)
    time.sleep(max(0.0, start + student.at - time.monotonic()))
    begun = time.monotonic()
    told = Told(student.name, begun - start, begun - start - student.at)
    try:
        client.get("assignments")
        told.listed = time.monotonic() - begun
        if student.mishap is Mishap.CUT:
            _hang_up(url, student.token, body, headers)
        for _ in range(2 if student.mishap is Mishap.LOST else 1):
            sent = time.monotonic()
            told.receipts.append(client.send("POST", PATH, body, headers))
            told.answered.append(time.monotonic() - sent)
            told.waited = told.waited or time.monotonic() - begun
    except (TitoError, OSError) as error:
        told.problem = f"{type(error).__name__}: {error}"
        told.waited = time.monotonic() - begun
    return told


def _hang_up(url: str, token: str, body: bytes, headers: Mapping[str, str]) -> None:
    parts = urlsplit(url)
    assert parts.hostname is not None  # it is the hub's
    connection = http.client.HTTPConnection(parts.hostname, parts.port)
    connection.request("POST", f"{parts.path}api/{PATH}", body, {"Authorization": f"token {token}", **headers})
    connection.close()


def main(url: str, plan: Path, answers: Path) -> None:
    """Be all of them."""
    students = [
        Student(**{**one, "mishap": Mishap(one["mishap"])}) for one in json.loads(plan.read_text(encoding="utf-8"))
    ]
    start = time.monotonic() + 1.0  # by then every thread sleeps
    told: list[Told] = []

    def be(student: Student) -> None:
        told.append(submit(url, student, start))

    threads = [threading.Thread(target=be, args=(student,)) for student in students]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    answers.write_text(json.dumps([asdict(one) for one in told]), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
