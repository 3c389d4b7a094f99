"""The verb `adopt`: a first release takes the place of a plain Compose project, or leaves it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rollway import exits
from rollway.rollout.interrupted import interruption
from rollway.rollout.journal import Event
from rollway.rollout.planning import decide
from tests.unit.rollout.adoption_fixtures import (
    ADOPT,
    HOSTS,
    SHOP,
    adoptable,
    adopting,
    container,
    plain_fleet,
    plain_host,
    record,
)
from tests.unit.rollout.adoption_runs import AGAIN, GAP, GOOD, WHICH, Run, begun_fleet, serving
from tests.unit.rollout.fleet_fixtures import request


def _moved_everywhere() -> list[Event]:
    started = [Event("stage", "app-1", result={"cut": {}})]
    started += [Event("advance", name, result={"cut": {}}) for name in HOSTS[1:]]
    return [*started, *(Event("shift", "edge-1", wave=wave) for wave in range(3))]


def test_it_is_a_first_deploy_that_knows_the_project(tmp_path: Path) -> None:
    run = Run(tmp_path, adopting(), plain_fleet())
    assert (run.plan.refusal, run.plan.release_id) == (None, "1-b")
    assert run.plan.waves == [["app-1"], ["app-2"], ["app-3"]]
    assert run.calls("acquire", "app-1")[0].arguments["adopt"] == ADOPT
    staged = run.calls("stage", "app-2")[0].arguments
    assert (staged["adopt"], staged["manifest"]["id"]) == (ADOPT, "1-b")
    edge = run.calls("stage", "edge-1")[0].arguments
    assert edge["step"] == "load"


def test_a_good_end_tells_every_host_whose_place_was_taken(tmp_path: Path) -> None:
    run = Run(tmp_path, adopting(), plain_fleet())
    ended = run.ends(*_moved_everywhere())
    assert (ended.exit_code, ended.sentence) == (exits.DONE, "1-b serves on 3 hosts")
    told = run.calls("conclude", "app-1")[0].arguments
    assert (told["outcome"], told["adopt"], told["active_slot"]) == ("good", ADOPT, "blue")


def test_a_host_that_could_not_remove_its_project_is_named(tmp_path: Path) -> None:
    run = Run(tmp_path, adopting(), plain_fleet())
    failed = Event("conclude", "app-2", ok=False, result={"problem": {"found": "busy"}})
    ended = run.ends(*_moved_everywhere(), failed)
    assert (ended.exit_code, ended.next_command) == (exits.NEEDS_PERSON, AGAIN)


def test_no_host_may_fail_whatever_the_file_says(tmp_path: Path) -> None:
    """Such a host gets the project back, and a database that the others have given up."""
    asked = adopting(manifest=adoptable(rollout={"waves": [1], "max_failures": 2}))
    run = Run(tmp_path, asked, plain_fleet())
    failed = Event("advance", "app-2", ok=False, result={"problem": {"found": "never ready"}})
    assert run.ends(*_moved_everywhere(), failed).name == "bad"


def test_one_that_fails_leaves_the_project_running(tmp_path: Path) -> None:
    run = Run(tmp_path, adopting(), plain_fleet())
    never = {"problem": {"found": "never ready"}}
    ended = run.ends(Event("stage", "app-1", ok=False, result=never))
    assert (ended.exit_code, ended.sentence) == (
        exits.FAILED,
        "1-b failed; the containers of project shop run as before",
    )
    told = run.calls("conclude", "app-1")[0].arguments
    assert (told["outcome"], told["active_slot"]) == ("bad", None)


def test_a_host_that_could_not_be_put_back_is_aborted_when_mended(tmp_path: Path) -> None:
    run = Run(tmp_path, adopting(), plain_fleet())
    never = {"problem": {"found": "never ready"}}
    lost = Event("conclude", "app-1", ok=False, result=never)
    ended = run.ends(Event("stage", "app-1", ok=False, result=never), lost)
    assert (ended.exit_code, ended.next_command) == (
        exits.NEEDS_PERSON,
        f"mend app-1, then ./invoke abort {WHICH}",
    )


def test_a_signal_says_how_it_goes_on_and_how_back(tmp_path: Path) -> None:
    keeping = adopting(adopt={"project": "shop", "keep": True})
    run = Run(tmp_path, keeping, plain_fleet())
    ended = run.ends(interruption("SIGTERM"))
    assert ended.next_command == (f"{AGAIN} --keep continues, ./invoke abort {WHICH} goes back")


def test_the_way_back_of_some_hosts_is_for_those_alone(tmp_path: Path) -> None:
    """The others have lost the project for good, so that an abort for all would be refused."""
    done = plain_host("app-1", active="blue", blue="1-b", releases=GOOD)
    part: dict[str, Any] = {"app_hosts": ["app-2", "app-3"], "outside": ["app-1"]}
    run = Run(tmp_path, adopting(**part), {**plain_fleet(), "app-1": done})
    following = run.ends(interruption("SIGTERM")).next_command
    back = f"./invoke rollback {WHICH} --limit=app-2,app-3"
    assert following == f"{AGAIN} --limit=app-2,app-3 continues, {back} goes back"
    acquired = {**begun_fleet(), "app-1": done}
    assert decide(request("rollback", **part), acquired).leaves
    assert decide(request("abort"), acquired).refusal is not None


def test_a_database_stands_still_only_after_a_yes() -> None:
    plan = decide(adopting(is_confirmed=False), plain_fleet())
    assert plan.refusal is not None
    assert plan.refusal.exit_code == exits.USAGE
    assert plan.refusal.problems[0] == {
        "where": "--yes",
        "found": GAP,
        "accepted": "a yes",
        "next": f"{AGAIN} --yes",
    }


NO_GAP: list[Any] = [
    pytest.param(plain_fleet(SHOP[0], SHOP[2]), id="there is none"),
    pytest.param(
        plain_fleet(SHOP[0], container("db", state="exited")), id="it stands still already"
    ),
]


@pytest.mark.parametrize("acquired", NO_GAP)
def test_where_no_database_stops_nobody_is_asked(acquired: dict[str, Event]) -> None:
    assert decide(adopting(is_confirmed=False), acquired).refusal is None


def test_a_host_without_the_project_is_a_new_host() -> None:
    acquired = {**plain_fleet(), "app-3": plain_host("app-3")}
    plan = decide(adopting(), acquired)
    assert (plan.refusal, plan.hosts["app-3"].action) == (None, "start")


def test_what_is_under_rollway_already_is_said_and_left_alone(tmp_path: Path) -> None:
    run = Run(tmp_path, adopting(), serving())
    ended = run.ends()
    assert (ended.exit_code, ended.sentence) == (exits.DONE, "already under Rollway")
    assert ended.next_command == f"./invoke deploy {WHICH} --version=X"
    assert run.plan.refusal is not None
    assert run.plan.refusal.problems[0]["found"] == (
        "1-b serves, and nothing of project shop is left"
    )
    told = run.calls("conclude", "app-1")[0].arguments
    assert (told["outcome"], told["record"]["result"]) == ("aborted", "already")


def test_containers_that_were_kept_are_removed_without_a_start(tmp_path: Path) -> None:
    run = Run(tmp_path, adopting(), serving(SHOP[0], adopted=record()))
    assert (run.plan.refusal, run.plan.waves) == (None, [])
    told = run.calls("conclude", "app-1")[0].arguments
    assert (told["outcome"], told["adopt"]) == ("good", ADOPT)
