"""The pages under a real hub, as a browser meets them: log in at the hub, come back with cookies, see one's own."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.grading import mini
from tests.hub.pages.conftest import Answer, Browser
from tests.hub.place import CP01, STUDENTS, Hub
from tito.hub.names import PREFIX, Names

pytestmark = pytest.mark.slow
HOME = PREFIX.rstrip("/")


def log_in(hub: Hub, name: str, to: str = f"{HOME}/", browser: Browser | None = None) -> tuple[Browser, Answer]:
    """Open a page of the service and do what the hub asks for; return the browser and where it came out."""
    browser = browser or Browser(hub.url)
    form = browser.get(to)
    assert urlsplit(form.url).path == "/hub/login", form.url
    query = urlsplit(form.url).query
    fields = {"username": name, "password": hub.password, "_xsrf": form.xsrf}
    return browser, browser.post(f"/hub/login?{query}", fields)


def test_a_student_comes_from_the_login_to_their_feedback(hub: Hub) -> None:
    student = hub.student()
    browser, first = log_in(hub, student.name)
    assert (first.status, urlsplit(first.url).path) == (200, f"{HOME}/my")
    assert "My checkpoints" in first.text
    assert "<strong>3 of 3</strong> attempts left now" in first.text
    receipt = hub.submit(student, mini.handin(mini.CP01)).json
    hub.published(student)
    mine = browser.json(f"{HOME}/my")
    step = mine["steps"][1]
    assert (step["state"], step["left"], step["attempts"][0]["number"]) == ("published", 2, 1)
    page = browser.get(f"{HOME}/my").text
    number = step["attempts"][0]["submission"]
    assert f'href="{HOME}/submissions/{number}">Result and feedback' in page
    assert "Doubling any array" in browser.get(f"{HOME}/submissions/{number}").text
    shown = browser.json(f"{HOME}/receipts/{number}")["document"]
    assert shown == {name: receipt[name] for name in shown}


def test_a_login_uses_pkce_where_the_hub_knows_it(hub: Hub) -> None:
    version = hub.hub_api("GET", "").json["version"]
    sent = hub.ask("GET", f"{HOME}/")
    asked = parse_qs(urlsplit(sent.headers["location"]).query)
    assert (sent.status, asked["client_id"]) == (302, ["service-tito"])
    # JupyterHub 5 does not know it.
    assert asked.get("code_challenge_method") == (None if version.startswith("5.") else ["S256"])


def test_a_student_sees_no_page_of_staff_and_nobody_elses(hub: Hub) -> None:
    owner, other = hub.student(), hub.student()
    number = hub.submit(owner, mini.handin(mini.CP01)).json["submission"]
    browser, _ = log_in(hub, other.name)
    for path in ("/?sort=name", "/audit", "/at-risk", f"/students/{owner.name}", f"/submissions/{number}"):
        assert browser.get(HOME + path).status == 403, path
    assert browser.get(f"{HOME}/", "application/json").status == 403
    assert browser.get(f"{HOME}/receipts/{number}").status == 403


def test_a_grader_sees_their_section_in_the_pages_and_nothing_of_the_api(hub: Hub) -> None:
    browser, first = log_in(hub, "tim")
    assert urlsplit(first.url).path == f"{HOME}/"
    lines = browser.json(f"{HOME}/")["lines"]
    assert {line["section"] for line in lines} == {"A"}
    assert STUDENTS[0] in {line["student"] for line in lines}
    assert browser.get(f"{HOME}/students/{STUDENTS[0]}").status == 200
    assert browser.get(f"{HOME}/students/{STUDENTS[1]}").status == 403
    assert browser.get(f"{HOME}/audit").status == 403
    assert browser.get(f"{HOME}/api/assignments/{CP01}/collect").status == 403
    assert browser.get(f"{HOME}/metrics").status == 403


def test_an_instructor_sees_everybody(hub: Hub) -> None:
    browser, first = log_in(hub, "ira")
    assert "Gradebook" in first.text
    # Other tests of the session put students of their own on the roster.
    assert {line["section"] for line in browser.json(f"{HOME}/")["lines"]} >= {"A", "B"}
    assert browser.get(f"{HOME}/audit").status == 200


def test_a_form_with_a_cookie_and_without_its_token_is_refused(hub: Hub) -> None:
    student = hub.student()
    browser, first = log_in(hub, student.name)
    for sent in ({}, {"_xsrf": ""}, {"_xsrf": "guess"}, {"_xsrf": first.xsrf[:-1]}):
        refused = browser.post(f"{HOME}/my/pseudonym", {"pseudonym": "Forged Fox"} | sent)
        assert refused.status in (401, 403), sent
        assert "<pre>Forged Fox</pre>" in refused.text  # it may be one's own, of a session that ended
        assert "<form" not in refused.text
    assert browser.json(f"{HOME}/my")["pseudonym"] is None
    sent = {"pseudonym": f"Fox {student.name} two", "_xsrf": first.xsrf}
    assert f"as Fox {student.name} two." in browser.post(f"{HOME}/my/pseudonym", sent).text


def test_one_persons_token_is_no_good_in_anothers_form(hub: Hub) -> None:
    _, theirs = log_in(hub, hub.student().name)
    browser, _ = log_in(hub, hub.student().name)
    refused = browser.post(f"{HOME}/my/pseudonym", {"pseudonym": "Forged Fox", "_xsrf": theirs.xsrf})
    assert refused.status == 403


def test_a_form_of_somebody_who_is_not_logged_in_changes_nothing_and_is_not_sent_on(hub: Hub) -> None:
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = hub.ask("POST", f"{HOME}/my/pseudonym", body=b"pseudonym=%3Cb%3EFox", headers=kind)
    assert answer.status == 401
    assert b"no longer logged in" in answer.body
    assert b"<pre>&lt;b&gt;Fox</pre>" in answer.body
    for method in ("POST", "HEAD"):
        assert hub.ask(method, f"{HOME}/my").status == 401


def test_the_pages_come_with_the_strict_policy(hub: Hub) -> None:
    _, first = log_in(hub, hub.student().name)
    policy = first.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'self';")
    assert "unsafe" not in policy
    assert not re.search(r"<(script|style)>|\son\w+=|\sstyle=", first.text)


def test_a_script_without_a_login_gets_json_and_a_browser_is_sent_to_the_hub(hub: Hub) -> None:
    script = hub.ask("GET", f"{HOME}/my", headers={"Accept": "application/json"})
    assert (script.status, script.error) == (401, "nobody has logged in")
    browser = hub.ask("GET", f"{HOME}/my", headers={"Accept": "text/html"})
    asked = parse_qs(urlsplit(browser.headers["location"]).query)
    assert browser.status == 302
    assert asked["client_id"] == ["service-tito"]
    if "code_challenge" in asked:  # JupyterHub 6 knows PKCE
        assert asked["code_challenge_method"] == ["S256"]


def test_a_token_of_the_hub_opens_the_pages_data(hub: Hub) -> None:
    student = hub.student()
    answer = hub.ask("GET", f"{HOME}/my", student.token, headers={"Accept": "application/json"})
    assert (answer.status, answer.json["student"]) == (200, student.name)


def test_who_left_the_course_is_told_so(hub: Hub) -> None:
    from tito.gradebook import Gradebook
    from tito.gradebook.services.roster import deactivate

    student = hub.student()
    browser, _ = log_in(hub, student.name)
    with Gradebook.open(hub.course.database_url) as book, book.begin("instructor:test") as work:
        deactivate(work, student.name, reason="dropped the course")
    refused = browser.get(f"{HOME}/my")
    assert refused.status == 403
    assert "not on the active roster" in refused.text


def test_an_address_that_leads_nowhere_is_a_page_and_below_api_it_is_json(hub: Hub) -> None:
    missing = hub.ask("GET", f"{HOME}/nowhere", headers={"Accept": "text/html"})
    assert (missing.status, b"there is no such page" in missing.body.lower()) == (404, True)
    assert hub.api("GET", "nowhere", hub.student().token).headers["content-type"].startswith("application/json")


def test_sections_come_from_the_names_of_groups() -> None:
    from tito.hub.browser import sections_of

    groups = ["formgrade-mini-A", "formgrade-mini-B-2", "formgrade-mini", "nbgrader-mini", "formgrade-other-C"]
    assert sections_of(Names("mini"), groups) == {"A", "B-2"}


def test_a_form_of_a_session_that_ended_fills_itself_after_the_next_login(hub: Hub) -> None:
    student = hub.student()
    browser, first = log_in(hub, student.name)
    browser.get("/hub/logout")
    ours = {"Origin": hub.url}
    typed = {"_xsrf": first.xsrf, "pseudonym": f"Kept Kite {student.name}"}
    refused = browser.post(f"{HOME}/my/pseudonym", typed, **ours)
    assert refused.status in (401, 403)
    assert "waits there" in refused.text
    _, back = log_in(hub, student.name, f"{HOME}/my", browser)
    assert (back.status, urlsplit(back.url).path) == (200, f"{HOME}/my")
    assert f'value="Kept Kite {student.name}"' in back.text
    assert "Nothing of it was done" in back.text
    assert browser.json(f"{HOME}/my")["pseudonym"] is None
    assert "on the leaderboard as Kept Kite" in browser.post(f"{HOME}/my/pseudonym", typed | {"_xsrf": back.xsrf}).text
    assert "Nothing of it was done" not in browser.get(f"{HOME}/my").text


def test_another_site_fills_no_form_under_the_hub(hub: Hub) -> None:
    student = hub.student()
    browser, _ = log_in(hub, student.name)
    sent = {"_xsrf": "guess", "pseudonym": "Forged Fox"}
    for elsewhere in ({"Origin": "https://attacker.example"}, {"Origin": hub.url, "Sec-Fetch-Site": "cross-site"}):
        refused = browser.post(f"{HOME}/my/pseudonym", sent, **elsewhere)
        assert refused.status == 403
        assert "waits there" not in refused.text
    assert "Forged Fox" not in browser.get(f"{HOME}/my").text
