"""The JSON API in OpenAPI 3.1 (https://spec.openapis.org/oas/v3.1.0). Tests hold it and the service together."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, Final, Literal

from tito import __version__
from tito.course.results import Counterexample, Divergence, Frame, Outcome
from tito.course.verdicts import Verdict
from tito.hub.names import COURSE_HEADER, DIGEST_HEADER, KEY_HEADER, KEY_RULE, PREFIX

Schema = dict[str, Any]
Right = Literal["none", "submit", "grade"]

TEXT: Final[Schema] = {"type": "string"}
MAYBE_TEXT: Final[Schema] = {"type": ["string", "null"]}
COUNT: Final[Schema] = {"type": "integer", "minimum": 0}
MAYBE_COUNT: Final[Schema] = {"type": ["integer", "null"], "minimum": 0}
FLAG: Final[Schema] = {"type": "boolean"}
TIME: Final[Schema] = {"type": "string", "format": "date-time", "description": "With its offset from UTC."}
MAYBE_TIME: Final[Schema] = {"type": ["string", "null"], "format": "date-time"}
ZONE: Final[Schema] = {"type": "string", "description": "The course's time zone, in which people read times."}
DIGEST: Final[Schema] = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
POINTS: Final[Schema] = {"type": "string", "description": "A decimal number, as text so that it stays exact."}


def _thing(**properties: Schema) -> Schema:
    """An object with just these properties, all of them always there."""
    return {
        "type": "object",
        "properties": properties,
        "required": sorted(properties),
        "additionalProperties": False,
    }


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _see(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def _part(kind: type) -> Schema:
    """What a part of an outcome may hold: its fields are texts, numbers and lists of these."""
    return _thing(**{one.name: {} for one in fields(kind)})


GRADED_FROM: Final = MAYBE_TIME | {"description": "Set while the course's policy makes grading wait until it is due."}
_LINE: Final[dict[str, Schema]] = {
    "id": {"type": "integer", "minimum": 1},
    "course_id": TEXT,
    "assignment_id": TEXT,
    "student_id": TEXT,
    "attempt": {"type": ["integer", "null"], "minimum": 1, "description": "null: it was refused."},
    "received_at": TIME,
    "due_at": MAYBE_TIME,
    "late_seconds": COUNT,
    "sha256": DIGEST,
    "files": _list(TEXT),
    "message": TEXT,
    "state": {"enum": ["refused", "waiting", "graded", "published"]},
    "score": {"type": ["string", "null"], "description": "Of 100, as published."},
    "feedback": {"type": ["string", "null"], "description": "Another text whenever there is something new to see."},
}
_SIGNED: Final[dict[str, Schema]] = {
    "course": TEXT,
    "student": TEXT,
    "checkpoint": TEXT,
    "submission": {"type": "integer", "minimum": 1},
    "attempt": {"type": "integer", "minimum": 1},
    "received_at": TIME,
    "due_at": MAYBE_TIME,
    "late_seconds": COUNT,
    "sha256": DIGEST,
    "signature": DIGEST,
}
_OUTCOME: Final[dict[str, Schema]] = {
    **{one.name: TEXT for one in fields(Outcome)},
    "mode": {"enum": ["isolated", "cumulative"]},
    "public": FLAG,
    "cell": MAYBE_TEXT,
    "verdict": {"enum": [verdict.value for verdict in Verdict]},
    "possible": POINTS,
    "earned": POINTS,
    "counterexample": _or_null(_part(Counterexample)),
    "diverged": _or_null(_part(Divergence)),
    "frames": _list(_part(Frame)),
    "inherited_from": MAYBE_COUNT,
    "seconds": {"type": "number"},
}
SCHEMAS: Final[dict[str, Schema]] = {
    "Problem": _thing(error=_thing(what=TEXT, where=MAYBE_TEXT, expected=MAYBE_TEXT, next_step=MAYBE_TEXT)),
    "Health": _thing(status=TEXT),
    "Assignment": _thing(
        course_id=TEXT,
        assignment_id=TEXT,
        title=TEXT,
        files={"type": "object", "additionalProperties": DIGEST},
        release=DIGEST,
        opens_at=MAYBE_TIME,
        due_at=MAYBE_TIME,
        closes_at=MAYBE_TIME,
        graded_from=GRADED_FROM,
        late_now=FLAG,
        closed=FLAG,
        attempts=_thing(made=COUNT, limit=MAYBE_COUNT, left=MAYBE_COUNT, next_at=MAYBE_TIME),
    ),
    "Assignments": _thing(assignments=_list(_see("Assignment")), upload_bytes=COUNT, notebook_bytes=COUNT, zone=ZONE),
    "Receipt": _thing(**_SIGNED, repeated=FLAG, late=FLAG, note=TEXT, graded_from=GRADED_FROM),
    "Submissions": _thing(submissions=_list(_thing(**_LINE, counts=FLAG, graded_from=GRADED_FROM)), zone=ZONE),
    "Collected": _thing(submissions=_list(_thing(**_LINE))),
    "Outcome": _thing(**_OUTCOME),
    "Feedback": _thing(
        submission={"type": "integer", "minimum": 1},
        assignment_id=TEXT,
        attempt={"type": "integer", "minimum": 1},
        version=TEXT,
        score=POINTS,
        pending=POINTS,
        outcomes=_list(_see("Outcome")),
        notes=_list(TEXT),
        html=TEXT,
    ),
    "WantedRelease": {"type": "object", "properties": {"digest": DIGEST}},
    "Released": _thing(assignment_id=TEXT, release=DIGEST, files=_list(TEXT), changed=FLAG),
    "TakenBack": _thing(assignment_id=TEXT, changed=FLAG),
    "PublishedOne": _thing(assignment_id=TEXT),
    "Verified": _thing(true=FLAG),
}
_PARAMETERS: Final[dict[str, Schema]] = {
    "assignment": {**TEXT, "description": "A checkpoint's slug, such as cp01_foundation."},
    "submission": {"type": "integer", "minimum": 1},
}
_WRONG: Final[dict[str, str]] = {
    "400": "The request is of a wrong form.",
    "401": "There is no valid token of the hub.",
    "403": "Who asks has not the right, or is not on the active roster.",
    "404": "There is no such thing for whoever asks, or the request is meant for another course.",
    "409": "It conflicts with the course: dates, the limit of attempts, another release.",
    "413": "The upload is too big.",
    "422": "It cannot be graded; it is recorded as a refusal.",
    "503": "The hub or the database does not answer; try again.",
    "507": "The disk is full; try again.",
}


def _operation(
    right: Right,
    summary: str,
    answers: dict[str, Schema | str],
    *,
    wrong: str = "",
    body: Schema | None = None,
    headers: dict[str, Schema] | None = None,
    query: dict[str, Schema] | None = None,
) -> Schema:
    """One method of a path. An answer is a schema of JSON, or a media type; `wrong` names statuses beside the usual."""
    usual = "" if right == "none" else "401 403 404 503"
    headers = (headers or {}) | ({} if right == "none" else {COURSE_HEADER: _MEANT})
    responses: dict[str, Any] = {
        status: {"description": "Done.", "content": _content(answer)} for status, answer in answers.items()
    }
    for status in sorted({*usual.split(), *wrong.split()}):
        responses.setdefault(status, {"description": _WRONG[status], "content": _content(_see("Problem"))})
    found: Schema = {
        "summary": summary,
        "responses": responses,
        "security": [] if right == "none" else [{"hub": [right]}],
    }
    if body is not None:
        found["requestBody"] = body
    parameters: list[Schema] = [{"name": name, "in": "header", "schema": schema} for name, schema in headers.items()]
    for name, schema in (query or {}).items():
        parameters.append({"name": name, "in": "query", "required": True, "schema": schema})
    if parameters:
        found["parameters"] = parameters
    return found


def _content(answer: Schema | str) -> Schema:
    return {answer: {}} if isinstance(answer, str) else {"application/json": {"schema": answer}}


_MEANT: Final[Schema] = {**TEXT, "description": "The course that the request is meant for; another's is refused."}
_ZIP: Final = "application/zip"
PATHS: Final[dict[str, dict[str, Schema]]] = {
    "health": {"get": _operation("none", "Whether the service works", {"200": _see("Health"), "503": _see("Health")})},
    "metrics": {"get": _operation("grade", "Counters for Prometheus", {"200": "text/plain"})},
    "api/openapi.json": {"get": _operation("none", "This description", {"200": {"type": "object"}})},
    "api/assignments": {
        "get": _operation("submit", "What is given out, with dates and attempts left", {"200": _see("Assignments")})
    },
    "api/assignments/{assignment}/files": {"get": _operation("submit", "The student version", {"200": _ZIP})},
    "api/assignments/{assignment}/submissions": {
        "post": _operation(
            "submit",
            "Hand in a zip of notebooks; the same once more is answered with 200",
            {"201": _see("Receipt"), "200": _see("Receipt")},
            wrong="400 409 413 422 507",
            body={"required": True, "content": {_ZIP: {}}},
            headers={KEY_HEADER: {"type": "string", "pattern": f"^{KEY_RULE.pattern}$"}, DIGEST_HEADER: DIGEST},
        )
    },
    "api/assignments/{assignment}/release": {
        "put": _operation(
            "grade",
            "Give out what lies in the course's release folder",
            {"200": _see("Released")},
            wrong="400 409",
            body={"required": False, "content": _content(_see("WantedRelease"))},
        ),
        "delete": _operation("grade", "Take an assignment back", {"200": _see("TakenBack")}),
    },
    "api/assignments/{assignment}/collect": {
        "get": _operation("grade", "Each student's newest attempt", {"200": _see("Collected")})
    },
    "api/assignments/{assignment}/collect/files": {
        "get": _operation(
            "grade",
            "A zip of zips, `<id>.zip`: of the first of those that are asked for, as many as go into an answer",
            {"200": _ZIP},
            wrong="400",
            query={"submission": _list({"type": "integer", "minimum": 1})},
        )
    },
    "api/assignments/{assignment}/publish": {
        "post": _operation("grade", "Publish first results that wait", {"200": _see("PublishedOne")})
    },
    "api/submissions": {"get": _operation("submit", "All of one's own", {"200": _see("Submissions")})},
    "api/submissions/{submission}/receipt": {
        "get": _operation("submit", "The receipt of one's own", {"200": _see("Receipt")})
    },
    "api/submissions/{submission}/files": {
        "get": _operation("submit", "What was handed in; staff may have anybody's", {"200": _ZIP})
    },
    "api/submissions/{submission}/feedback": {
        "get": _operation("submit", "The published result of one's own", {"200": _see("Feedback")})
    },
    "api/receipts/verify": {
        "post": _operation(
            "grade",
            "Whether a receipt is one of ours",
            {"200": _see("Verified")},
            wrong="400",
            body={"required": True, "content": {"application/json": {"schema": {"type": "object"}}}},
        )
    },
}


def describe(title: str, prefix: str = PREFIX) -> Schema:
    """Return the description of the API of a course; `prefix` is the path below which all of it lies."""
    return {
        "openapi": "3.1.0",
        "info": {"title": f"Tito: {title}", "version": __version__},
        "servers": [{"url": prefix}],
        "paths": {f"/{path}": _with_parameters(path, methods) for path, methods in PATHS.items()},
        "components": {
            "schemas": SCHEMAS,
            "securitySchemes": {
                "hub": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "Authorization",
                    "description": "`token` and a token of the hub. Roles are the course's scopes: submit, grade.",
                }
            },
        },
    }


def _with_parameters(path: str, methods: dict[str, Schema]) -> Schema:
    named = [
        {"name": name, "in": "path", "required": True, "schema": schema}
        for name, schema in _PARAMETERS.items()
        if f"{{{name}}}" in path
    ]
    return {**({"parameters": named} if named else {}), **methods}
