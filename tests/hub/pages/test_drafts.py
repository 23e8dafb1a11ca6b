"""A form that comes after its session has ended: nothing is done, and its author finds it filled in."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from html import unescape
from pathlib import Path

import pytest

from tests.gradebook.conftest import Clock
from tests.hub.pages.conftest import Answer, Browser, Server
from tito.course.checkpoints import CHECKPOINTS
from tito.course.config import Course
from tito.gradebook import Gradebook
from tito.gradebook.services.adjustments import override
from tito.hub.pages import render
from tito.hub.pages.drafts import KEPT_FOR, LARGEST, MOST, Draft, Drafts
from tito.hub.pages.site import ACTIONS
from tito.hub.pages.viewer import Role, Viewer

INSTRUCTOR = Viewer(Role.INSTRUCTOR, "ira")
TEMPLATES = Path(render.__file__).parent / "templates"
KEY = b"a key that stays" * 2
FORM = "/students/ana/override"
REASON = "oral <script>alert(1)</script>\nexam"
TYPED = {"checkpoint": "cp03_components", "score": "62.5", "reason": REASON, "seen": "1"}


@pytest.fixture
def start(course: Course, gradebook: Gradebook) -> Iterator[Callable[..., Server]]:
    """`tito serve`, started once more on the same course: its cookies of before are worth nothing."""
    servers: list[Server] = []

    def start(viewer: Viewer = INSTRUCTOR, port: int = 0) -> Server:
        servers.append(Server(course, gradebook, viewer, key=KEY, port=port))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


def send(browser: Browser, token: str, **headers: str) -> Answer:
    """Send the form; without other headers as the pages' own browser does."""
    return browser.post(FORM, {"_xsrf": token, **TYPED}, **(headers or {"Origin": browser.origin}))


def restarted(start: Callable[..., Server], viewer: Viewer = INSTRUCTOR) -> tuple[Browser, Server, str]:
    """A browser with the student's page open, and the server that was started since at the same address."""
    first = start()
    browser = first.enter()
    token = browser.get("/students/ana").xsrf
    first.close()
    second = start(viewer, port=first.port)
    return browser, second, token


def unchanged(gradebook: Gradebook) -> bool:
    from tito.gradebook.queries import audit_events

    with gradebook.read() as session:
        return not audit_events(session, actions=["grade.override"])


def test_it_does_nothing_and_fills_the_form_after_the_next_login(
    start: Callable[..., Server], gradebook: Gradebook
) -> None:
    browser, server, token = restarted(start)
    refused = send(browser, token)
    assert refused.status == 403
    assert "no longer logged in" in refused.text
    assert "waits there" in refused.text
    assert "oral &lt;script&gt;alert(1)&lt;/script&gt;" in refused.text
    assert unchanged(gradebook)
    filled = browser.get(server.addresses[-1].removeprefix(server.origin))
    # From the address that is printed to where the form is.
    assert filled.url == f"{server.origin}/students/ana#form-override"
    assert 'id="form-override"' in filled.text
    assert "when you were no longer logged in" in filled.text
    assert '<option value="cp03_components" selected>' in filled.text
    assert 'value="62.5"' in filled.text
    assert "oral <script>alert(1)</script>" in unescape(
        re.findall(r'name="reason"[^>]*value="([^"]*)"', filled.text)[0]
    )
    assert "<script>alert" not in filled.text
    assert unchanged(gradebook)
    assert 'value="62.5"' in browser.get("/students/ana").text  # a reload loses nothing
    done = browser.send("/students/ana", FORM, checkpoint="cp03", score="62.5", reason="oral")
    assert "is now 62.5" in done.text
    assert "no longer logged in" not in browser.get("/students/ana").text


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://attacker.example"},
        {"Origin": "null"},
        {"Accept": "text/html"},
        {"Origin": "{own}", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "{own}", "Sec-Fetch-Site": "same-site"},
    ],
)
def test_another_site_fills_nobodys_form(
    start: Callable[..., Server], gradebook: Gradebook, headers: dict[str, str]
) -> None:
    browser, server, token = restarted(start)
    told = {name: value.format(own=server.origin) for name, value in headers.items()}
    refused = send(browser, token, **told)
    assert refused.status == 403
    assert "62.5" in refused.text  # to copy: it may be the person's own
    assert "waits there" not in refused.text
    assert "<form" not in refused.text
    entered = browser.get(server.addresses[-1].removeprefix(server.origin))
    assert entered.url == f"{server.origin}/"
    assert "62.5" not in browser.get("/students/ana").text
    assert unchanged(gradebook)


def test_a_browser_that_knows_no_reader_keeps_nothing(start: Callable[..., Server]) -> None:
    server = start()
    stranger = Browser(server.origin)
    refused = send(stranger, "guess")
    assert refused.status == 403
    assert "waits there" not in refused.text
    assert "62.5" not in server.enter().get("/students/ana").text


def test_somebody_else_finds_nothing_in_their_form(start: Callable[..., Server]) -> None:
    browser, server, token = restarted(start, Viewer(Role.INSTRUCTOR, "una"))
    assert "waits there" in send(browser, token).text
    entered = browser.get(server.addresses[-1].removeprefix(server.origin))
    assert entered.url == f"{server.origin}/"
    assert "62.5" not in browser.get("/students/ana").text


def test_a_form_with_another_sessions_token_is_handed_back_too(
    start: Callable[..., Server], gradebook: Gradebook
) -> None:
    browser = start().enter()
    browser.get("/students/ana")
    refused = send(browser, "of another session")
    assert refused.status == 403
    assert "made before" in refused.text
    assert unchanged(gradebook)
    assert 'value="62.5"' in browser.get("/students/ana").text


def test_it_is_kept_for_an_hour(start: Callable[..., Server], clock: Clock) -> None:
    browser = start().enter()
    browser.get("/students/ana")
    send(browser, "of another session")
    clock.forward(minutes=61)
    assert "62.5" not in browser.get("/students/ana").text


def test_what_somebody_changed_meanwhile_is_shown_before_it_is_done(
    start: Callable[..., Server], gradebook: Gradebook
) -> None:
    browser = start().enter()
    opened = browser.get("/students/ana")
    browser.post(FORM, {"_xsrf": "of another session", **TYPED, "seen": opened.seen}, Origin=browser.origin)
    with gradebook.begin("grader:gus") as work:
        override(work, student_id="ana", checkpoint=CHECKPOINTS[3], score=Decimal(40), reason="from the exam")
    filled = browser.get("/students/ana")
    seen = re.findall(r'name="seen" value="(\d+)"', filled.text)
    assert seen[0] == opened.seen != seen[1]  # of the form that is filled in, and of the others
    asked = browser.post(FORM, {"_xsrf": filled.xsrf, **TYPED, "seen": seen[0]})
    assert asked.status == 409
    assert "from the exam" in asked.text
    assert "oral &lt;script&gt;" in asked.text
    assert "62.5" in browser.post(FORM, {"_xsrf": asked.xsrf, **TYPED, "seen": asked.seen}).text


def a_draft(at: datetime, score: str = "1") -> Draft:
    return Draft("override", "student", {"student": "ana"}, {}, {"score": score}, "1", at)


def test_how_much_is_kept_is_bounded() -> None:
    drafts, now = Drafts(), datetime(2026, 9, 1)  # noqa: DTZ001 (only differences count)
    assert not drafts.keep("instructor:ira", a_draft(now, "1" * LARGEST))
    assert not drafts.keep("instructor:ira", replace(a_draft(now), seen="1" * LARGEST))
    assert not drafts.keep("instructor:ira", replace(a_draft(now), query={"student": "1" * LARGEST}))
    for number in range(MOST + 1):
        assert drafts.keep(f"grader:{number}", a_draft(now))
    assert drafts.of("grader:0", now) is None
    assert drafts.of("grader:1", now) is not None
    assert drafts.of(f"grader:{MOST}", now + KEPT_FOR + timedelta(seconds=1)) is None


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/written/1/answers/take", {"reading": "counted", "after": "1"}),
        ("/written/1/1/claim", {"reading": "second"}),
        ("/written/1/comments/retire", {"comment": "1"}),
    ],
)
def test_a_button_neither_waits_nor_takes_the_place_of_what_was_typed(
    start: Callable[..., Server], path: str, fields: dict[str, str]
) -> None:
    browser = start().enter()
    browser.get("/students/ana")
    send(browser, "of another session")
    pressed = browser.post(path, {"_xsrf": "of another session"} | fields, Origin=browser.origin)
    assert pressed.status == 403
    assert "typed" not in pressed.text
    assert 'value="62.5"' in browser.get("/students/ana").text


def test_what_the_page_put_into_a_form_was_not_typed(start: Callable[..., Server]) -> None:
    browser = start().enter()
    browser.get("/")
    path = "/regrading/cp01_foundation/publish"
    ours = {"token": "0" * 64, "drops": "allowed", "student": "", "was": "ana 1 2", "_xsrf": "of another session"}
    lost = browser.post(path, {**ours, "note": "after the oral"}, Origin=browser.origin)
    assert re.findall(r"<dt>(\w+)</dt>", lost.text) == ["Note"]


def test_it_fills_its_own_form_alone() -> None:
    drafts, now = Drafts(), datetime(2026, 9, 1)  # noqa: DTZ001
    drafts.keep("instructor:ira", a_draft(now))
    assert drafts.for_page("instructor:ira", "student", {"student": "ben"}, now) is None
    assert drafts.for_page("instructor:ira", "submission", {"student": "ana"}, now) is None
    assert drafts.for_page("instructor:una", "student", {"student": "ana"}, now) is None
    drafts.sent("instructor:ira", "extend", {"student": "ana"})
    assert drafts.for_page("instructor:ira", "student", {"student": "ana"}, now) is not None
    drafts.sent("instructor:ira", "override", {"student": "ana"})
    assert drafts.for_page("instructor:ira", "student", {"student": "ana"}, now) is None


def test_the_cookie_that_tells_whose_form_it_was_lets_nobody_in_and_stays_on_this_site(
    start: Callable[..., Server],
) -> None:
    server = start()
    browser = server.enter()
    told = browser.get("/students/ana").headers["Set-Cookie"]
    assert re.fullmatch(r'tito-reader="[^";]+"; HttpOnly; Path=/; SameSite=Strict', told), told
    stranger = Browser(server.origin)
    assert stranger.get("/students/ana", cookie=told.partition(";")[0]).status == 403


def test_every_form_that_people_type_into_can_be_led_to() -> None:
    templates = "".join(path.read_text(encoding="utf-8") for path in TEMPLATES.glob("*.html.j2"))
    written = {"written-score", "written-score-second"}  # their place is named by the reading
    assert 'id="form-{{ form_name }}"' in templates
    for action in ACTIONS:
        if action.keeps and action.name not in written:
            assert f'id="form-{action.name}"' in templates, action.name
