"""The description of the API: it names the routes there are, and the answers are as it says."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker, ValidationError
from tornado.web import RequestHandler

from tests.grading import mini
from tests.hub.answers import Answer
from tests.hub.place import CP01, Hub, Person
from tito.hub import openapi
from tito.hub.app import API
from tito.hub.base import Handler
from tito.hub.names import PREFIX
from tito.notebooks.bundle import members

DOCUMENT = openapi.describe("the course in miniature")
METHODS = ("get", "put", "post", "delete", "patch")


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in DOCUMENT["paths"].items():
        for method, operation in item.items():
            if method in METHODS:
                yield path, method, operation


def validator(schema: dict[str, Any]) -> Draft202012Validator:
    """A validator to which the document's other schemas are known."""
    return Draft202012Validator(schema | {"components": DOCUMENT["components"]}, format_checker=FormatChecker())


def test_it_names_every_route_and_method_and_no_other() -> None:
    served = {
        (f"/{path}", method)
        for path, handler in API.items()
        for method in METHODS
        if getattr(handler, method) is not getattr(RequestHandler, method)
    }
    assert {(path, method) for path, method, _ in operations()} == served


def test_it_names_the_right_that_each_route_asks_for() -> None:
    for path, method, operation in operations():
        handler = API[path.removeprefix("/")]
        wanted = [{"hub": [handler.right]}] if issubclass(handler, Handler) else []
        assert operation["security"] == wanted, (path, method)


def test_parts_of_a_path_are_described() -> None:
    for path, item in DOCUMENT["paths"].items():
        assert {one["name"] for one in item.get("parameters", ())} == set(re.findall(r"\{(\w+)\}", path))


def test_its_schemas_are_schemas_and_its_references_lead_somewhere() -> None:
    for name, schema in DOCUMENT["components"]["schemas"].items():
        Draft202012Validator.check_schema(schema)
        assert isinstance(schema, dict), name
    named = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(DOCUMENT)))
    assert named == DOCUMENT["components"]["schemas"].keys()


def holds(answer: Answer, method: str, path: str) -> Any:
    """Check an answer against the description, and return it."""
    operation = DOCUMENT["paths"][path][method.lower()]
    content = operation["responses"][str(answer.status)]["content"]
    (kind,) = content
    assert answer.headers["content-type"].startswith(kind)
    if kind != "application/json":
        return answer.body
    validator(content[kind]["schema"]).validate(answer.json)
    return answer.json


def test_a_wrong_answer_is_noticed() -> None:
    right = {"assignment_id": CP01, "changed": True}
    schema = {"$ref": "#/components/schemas/TakenBack"}
    validator(schema).validate(right)
    for wrong in ({}, right | {"more": 1}, right | {"changed": "yes"}):
        with pytest.raises(ValidationError):
            validator(schema).validate(wrong)


@pytest.mark.slow
def test_the_service_answers_as_it_is_described(hub: Hub) -> None:
    student, staff = hub.student(), hub.person("ira")

    def ask(method: str, path: str, who: Person, body: bytes = b"", **parts: object) -> Any:
        answer = hub.ask(method, PREFIX.rstrip("/") + path.format(**parts), who.token, body)
        return holds(answer, method, path)

    files = mini.handin(mini.CP01)
    receipt = holds(hub.submit(student, files, "key-of-this-test"), "POST", "/api/assignments/{assignment}/submissions")
    again = holds(hub.submit(student, files, "key-of-this-test"), "POST", "/api/assignments/{assignment}/submissions")
    assert (receipt["repeated"], again["repeated"]) == (False, True)
    hub.published(student)
    number = receipt["submission"]
    ask("GET", "/health", student)
    ask("GET", "/metrics", staff)
    assert ask("GET", "/api/openapi.json", student)["servers"] == [{"url": PREFIX}]
    assert ask("GET", "/api/assignments", student)["assignments"]
    ask("GET", "/api/assignments/{assignment}/files", student, assignment=CP01)
    assert ask("GET", "/api/submissions", student)["submissions"]
    ask("GET", "/api/submissions/{submission}/receipt", student, submission=number)
    ask("GET", "/api/submissions/{submission}/files", student, submission=number)
    assert ask("GET", "/api/submissions/{submission}/feedback", student, submission=number)["outcomes"]
    assert ask("GET", "/api/assignments/{assignment}/collect", staff, assignment=CP01)["submissions"]
    parcel = hub.api("GET", f"assignments/{CP01}/collect/files?submission={number}", staff.token)
    assert members(holds(parcel, "GET", "/api/assignments/{assignment}/collect/files")).keys() == {f"{number}.zip"}
    ask("PUT", "/api/assignments/{assignment}/release", staff, assignment=CP01)
    ask("POST", "/api/assignments/{assignment}/publish", staff, assignment=CP01)
    assert ask("POST", "/api/receipts/verify", staff, json.dumps(receipt).encode()) == {"true": True}


@pytest.mark.slow
def test_problems_are_as_described_too(hub: Hub) -> None:
    student, nobody = hub.student(), Person("nobody", "0" * 32)
    for who, method, path, parts, status in (
        (nobody, "GET", "/api/submissions", {}, 401),
        (student, "GET", "/metrics", {}, 403),
        (student, "GET", "/api/submissions/{submission}/feedback", {"submission": 999_999}, 404),
        (student, "GET", "/api/assignments/{assignment}/files", {"assignment": "cp99"}, 404),
        (hub.person("ira"), "POST", "/api/receipts/verify", {}, 400),
    ):
        answer = hub.ask(method, PREFIX.rstrip("/") + path.format(**parts), who.token)
        assert answer.status == status
        assert holds(answer, method, path)["error"]["what"]
