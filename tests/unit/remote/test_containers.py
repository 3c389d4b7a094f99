from __future__ import annotations

import pytest

from rollway.errors import RollwayError
from rollway.remote.containers import Found, list_command, listed, running, serving_slot

LISTED = (
    "iris-green-my-api-2-1\tmy-api\texited\n"
    "iris-green-my-api-1-1\tmy-api\trunning\n"
    "--rm\tapi\trunning\n"
    "noise\n"
)


def test_containers_by_name_and_what_a_person_calls_them() -> None:
    found = listed(LISTED, project="iris-green")
    assert found == [
        Found("iris-green-my-api-1-1", "my-api", "my-api-1", is_running=True),
        Found("iris-green-my-api-2-1", "my-api", "my-api-2", is_running=False),
    ]
    assert running(found, "app-1") == found[0]
    with pytest.raises(RollwayError, match="iris-green-my-api-2-1: not running"):
        running(found[1:], "app-1")


def test_an_accessory_has_no_number() -> None:
    found = listed("iris-accessories-db-1\tdb\trunning\n", project="iris-accessories")
    assert [one.replica for one in found] == ["db"]


def test_only_the_project_of_the_slot_is_listed() -> None:
    assert "label=com.docker.compose.project=iris-blue" in list_command("iris", "blue")


def test_the_slot_that_serves_is_the_recorded_one() -> None:
    assert serving_slot('{"active": "green"}', "app-1") == "green"


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"active": "x; id"}'])
def test_a_record_that_is_none_names_no_slot(text: str) -> None:
    with pytest.raises(RollwayError, match="app-1: its state file cannot be read"):
        serving_slot(text, "app-1")


def test_a_host_that_serves_nothing() -> None:
    with pytest.raises(RollwayError, match="app-1: nothing serves"):
        serving_slot('{"active": null}', "app-1")
