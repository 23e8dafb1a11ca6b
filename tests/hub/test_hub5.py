"""The core of the hub's tests once more, on the newest JupyterHub 5: the hub, its service and its servers."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import Distribution, PathDistribution, version
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.exchange.test_way import server, test_a_students_server_holds_a_token_that_can_submit_and_nothing_else
from tests.house.repository import ROOT, locked
from tests.hub.place import Hub, running
from tests.hub.test_browser import (
    test_a_form_with_a_cookie_and_without_its_token_is_refused,
    test_a_login_uses_pkce_where_the_hub_knows_it,
    test_a_student_comes_from_the_login_to_their_feedback,
    test_a_student_sees_no_page_of_staff_and_nobody_elses,
)
from tests.hub.test_configure import (
    test_a_student_has_the_rights_of_the_configuration_and_no_more,
    test_the_hub_knows_every_option,
)
from tests.hub.test_entrance import (
    test_a_newcomer_logs_in_and_starts_a_server_that_may_submit_without_a_restart,
    test_who_dropped_the_course_starts_no_server_and_does_not_log_in_again,
)
from tests.hub.test_groups import test_the_group_follows_the_roster_and_staff_are_not_in_it
from tests.hub.test_rights import (
    test_a_students_token_opens_no_door_of_the_staffs,
    test_somebody_elses_submission_is_not_there,
)
from tests.hub.test_submit import test_a_repeat_after_a_lost_answer_is_the_same_attempt
from tests.hub.test_way import (
    test_a_receipt_is_signed_by_the_course_and_says_that_it_is_late,
    test_a_submission_is_graded_without_anybody_pressing_a_key,
    test_the_list_tells_dates_and_what_is_left_of_the_attempts,
)
from tests.needs import missing

__all__ = [
    "server",
    "test_a_form_with_a_cookie_and_without_its_token_is_refused",
    "test_a_login_uses_pkce_where_the_hub_knows_it",
    "test_a_newcomer_logs_in_and_starts_a_server_that_may_submit_without_a_restart",
    "test_a_receipt_is_signed_by_the_course_and_says_that_it_is_late",
    "test_a_repeat_after_a_lost_answer_is_the_same_attempt",
    "test_a_student_comes_from_the_login_to_their_feedback",
    "test_a_student_has_the_rights_of_the_configuration_and_no_more",
    "test_a_student_sees_no_page_of_staff_and_nobody_elses",
    "test_a_students_server_holds_a_token_that_can_submit_and_nothing_else",
    "test_a_students_token_opens_no_door_of_the_staffs",
    "test_a_submission_is_graded_without_anybody_pressing_a_key",
    "test_somebody_elses_submission_is_not_there",
    "test_the_group_follows_the_roster_and_staff_are_not_in_it",
    "test_the_hub_knows_every_option",
    "test_the_list_tells_dates_and_what_is_left_of_the_attempts",
    "test_who_dropped_the_course_starts_no_server_and_does_not_log_in_again",
]
pytestmark = pytest.mark.slow
LAYER = ROOT / ".cache" / "hub5"


@pytest.fixture(scope="module")
def layer() -> Path:
    """Where JupyterHub 5 is installed, by its lock. CI installs it; a machine without it skips these tests."""
    if not (LAYER / ".stamp").is_file():
        missing("JupyterHub 5 beside 6: tools/hub5.sh")
    return LAYER


@pytest.fixture(scope="module")
def hub(layer: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """A hub of the older version, in place of the one that all other tests share."""
    with running(tmp_path_factory.mktemp("hub5"), layer) as started:
        yield started


def test_it_is_the_version_of_the_lock_and_has_what_it_needs(layer: Path, hub: Hub) -> None:
    assert hub.hub_api("GET", "").json["version"] == locked("hub5")["jupyterhub"]
    (found,) = layer.glob("jupyterhub-*.dist-info")
    distribution: Distribution = PathDistribution(found)
    wanted = [Requirement(text) for text in distribution.requires or ()]
    needed = [one for one in wanted if one.marker is None or one.marker.evaluate({"extra": ""})]
    assert needed
    assert [str(one) for one in needed if not one.specifier.contains(version(one.name), prereleases=True)] == []
