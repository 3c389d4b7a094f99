"""A run that moves a singleton: nobody has two, whatever happens to it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.rollway.arguments import COMPOSE_RELEASE, complete

from rollway import exits
from rollway.rollout.journal import Event
from rollway.rollout.planning import decide
from tests.unit.rollout.jobs_fixtures import Run
from tests.unit.rollout.singletons_fixtures import (
    HOSTS,
    WHICH,
    asked_with_beat,
    fleet_with,
    planned,
    run_that_moves_it,
)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return run_that_moves_it(tmp_path)


GONE: dict[str, Any] = {"result": {"singletons": [], "stopped": []}}
HAS: dict[str, Any] = {"result": {"singletons": ["beat"], "started": ["beat-1"]}}
FAILED: dict[str, Any] = {"ok": False, "result": {"problem": {"found": "no"}, "singletons": []}}
LOST: dict[str, Any] = {"ok": False, "unreachable": True, "result": {"msg": "timed out"}}


def test_it_stands_still_everywhere_before_it_starts(run: Run) -> None:
    for name in ("app-2", "app-3", "edge-1"):
        complete(COMPOSE_RELEASE, run.arguments("still", name))
    assert run.arguments("still", "app-2")["keeps"] == {}
    assert run.arguments("still", "app-3")["keeps"] == {"beat": "green"}
    assert run.arguments("still", "edge-1")["placed"] == {"beat": ["app-3"]}
    assert run.arguments("still", "edge-1")["kind"] == "edge"
    assert run.skips("still", "app-1") == "no singleton runs here"
    assert run.skips("place", "app-3") == "app-2, app-3, edge-1 may still run it"
    for name in ("app-3", "edge-1"):
        run.happened("still", name, **GONE)
    assert run.skips("place", "app-3") == "app-2 may still run it"
    run.happened("still", "app-2", **GONE)
    arguments = run.arguments("place", "app-3")
    complete(COMPOSE_RELEASE, arguments)
    assert (arguments["release_id"], arguments["slot"]) == ("2-b", "green")
    assert run.skips("place", "app-2") == "no singleton runs here"


def test_it_waits_for_the_traffic(tmp_path: Path) -> None:
    run = Run(tmp_path, asked_with_beat(), fleet_with("app-2"))
    run.happened("shift", "edge-1", wave=0)
    assert run.skips("still", "app-2") == "singletons stay"


def _stilled(run: Run) -> Run:
    for name in ("app-2", "app-3", "edge-1"):
        run.happened("still", name, **GONE)
    return run


def test_a_good_end_says_where_it_is_on_every_host(run: Run) -> None:
    _stilled(run).happened("place", "app-3", **HAS)
    assert run.outcome().exit_code == exits.DONE
    for name in (*HOSTS, "edge-1"):
        assert run.arguments("conclude", name)["placed"] == {"beat": ["app-3"]}
    for step, name in (("still_back", "app-3"), ("place_back", "app-2")):
        assert run.skips(step, name) == "singletons stay"


def test_one_that_never_started_takes_everything_back(run: Run) -> None:
    assert run.outcome().reasons == ("app-3: its singletons never started",)


def test_one_that_fails_returns_to_where_it_was(run: Run) -> None:
    _stilled(run).happened("place", "app-3", **FAILED)
    assert run.arguments("still_back", "app-3")["singletons"] == ["beat"]
    assert run.skips("place_back", "app-2") == "nothing returns here"
    run.happened("still_back", "app-3", **GONE)
    arguments = run.arguments("place_back", "app-2")
    assert (arguments["release_id"], arguments["slot"]) == ("1-a", "blue")
    run.happened("place_back", "app-2", **HAS).happened("unshift", "edge-1")
    assert run.outcome().exit_code == exits.FAILED
    assert run.arguments("conclude", "app-1")["placed"] == {"beat": ["app-2"]}


def test_one_that_did_not_stop_keeps_its_host_and_the_release_goes_back(run: Run) -> None:
    run.happened("still", "app-2", **LOST).happened("still", "app-3", **GONE)
    assert run.skips("place", "app-3") == "singletons stay"
    assert run.skips("still_back", "app-3") == "nothing was started here"
    run.happened("still", "edge-1", **GONE)
    run.happened("place_back", "app-2", **LOST).happened("unshift", "edge-1")
    assert run.outcome().exit_code == exits.NEEDS_PERSON
    assert run.arguments("conclude", "edge-1")["placed"] == {"beat": ["app-2"]}


def test_a_host_that_was_lost_while_it_started_keeps_it_from_all_others(run: Run) -> None:
    _stilled(run).happened("place", "app-3", **LOST)
    run.happened("still_back", "app-3", **LOST)
    assert run.skips("place_back", "app-2") == "nothing returns here"
    run.happened("unshift", "edge-1")
    outcome = run.outcome()
    assert (outcome.exit_code, "app-3" in outcome.sentence) == (exits.NEEDS_PERSON, True)
    assert run.arguments("conclude", "edge-1")["placed"] == {"beat": ["app-3"]}


def test_no_budget_of_hosts_covers_the_one_that_is_to_run_it(tmp_path: Path) -> None:
    asked = asked_with_beat()
    tolerant = {**asked.manifest["rollout"], "max_failures": 1}
    asked = replace(asked, manifest={**asked.manifest, "rollout": tolerant})
    run = Run(tmp_path, asked, fleet_with("app-2"))
    run.happened("advance", "app-2", ok=False, result={"problem": {"found": "never ready"}})
    assert "app-2: its singletons run nowhere else" in run.outcome().reasons


def test_while_a_person_decides_it_runs_where_it_was(tmp_path: Path) -> None:
    asked = asked_with_beat()
    pausing = {**asked.manifest["rollout"], "failure_action": "pause"}
    asked = replace(asked, manifest={**asked.manifest, "rollout": pausing})
    run = Run(tmp_path, asked, fleet_with("app-2")).moves()
    run.happened("still", "app-2", **GONE).happened("place", "app-2", **FAILED)
    assert run.outcome().exit_code == exits.HELD
    run.happened("still_back", "app-2", **GONE)
    assert run.arguments("place_back", "app-2")["slot"] == "blue"


def test_one_alone_starts_again_on_its_host_alone(tmp_path: Path) -> None:
    run = Run(tmp_path, asked_with_beat("restart", service="beat"), fleet_with("app-2"))
    assert run.plan.switch_hosts == ["app-2"]
    assert run.arguments("switch", "app-2")["service"] == "beat"
    assert run.skips("switch", "app-1") == "it has no workers to change"


def _scaled(acquired: dict[str, Event]) -> dict[str, Event]:
    """Every host says what its release becomes with three replicas of `api`."""
    for name in HOSTS:
        result = acquired[name].result
        made = {**result["manifests"]["1-a"], "hash": "hash-of-a-3", "jobs": []}
        result["scaled"] = {"1-a": {"kind": "web", "release": made}}
    return acquired


def test_a_scale_of_another_service_takes_it_along(tmp_path: Path) -> None:
    asked = asked_with_beat("scale", service="api", replicas=3)
    run = Run(tmp_path, asked, _scaled(fleet_with("app-2"))).moves()
    assert run.plan.refusal is None
    assert planned(run.plan) == ("app-2", ["app-2"])
    assert run.arguments("still", "app-2")["keeps"] == {"beat": "green"}
    run.happened("still", "app-2", **GONE)
    assert run.arguments("place", "app-2")["slot"] == "green"


def test_a_scale_is_refused_where_a_host_may_still_run_it() -> None:
    asked = asked_with_beat("scale", service="api", replicas=3)
    refusal = decide(asked, _scaled(fleet_with(placed=["app-9"]))).refusal
    assert refusal
    following = f"./invoke scale {WHICH} --service=api --replicas=3 --gone=app-9"
    assert refusal.problems[0]["next"].endswith(following)
