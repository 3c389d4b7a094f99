"""Singletons in a run: on which host, stopped everywhere before one starts, and the way back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.rollway.arguments import COMPOSE_RELEASE, complete

from rollway import exits
from rollway.report.plan_table import plan_lines
from rollway.report.status import fleet_status
from rollway.report.table import status_lines
from rollway.rollout.drift import singletons_astray
from rollway.rollout.journal import Event, Journal
from rollway.rollout.plan import Plan
from rollway.rollout.planning import decide
from rollway.rollout.preview import preview
from rollway.rollout.removal import removal_calls
from tests.unit.rollout.fleet_fixtures import fleet, manifest, request, steady_fleet
from tests.unit.rollout.test_jobs import Run

BEAT = {
    "name": "beat",
    "class": "worker",
    "replicas": 1,
    "containers": ["beat-1"],
    "port": None,
    "singleton": True,
    "hosts": [],
}
HOSTS = ("app-1", "app-2", "app-3")
WHICH = "--env=local --app=iris"
GONE: dict[str, Any] = {"result": {"singletons": [], "stopped": []}}
HAS: dict[str, Any] = {"result": {"singletons": ["beat"], "started": ["beat-1"]}}
FAILED: dict[str, Any] = {"ok": False, "result": {"problem": {"found": "no"}, "singletons": []}}
LOST: dict[str, Any] = {"ok": False, "unreachable": True, "result": {"msg": "timed out"}}


def _with(content: dict[str, Any], **beat: Any) -> dict[str, Any]:
    return {**content, "services": [*content["services"], {**BEAT, **beat}]}


def _asked(verb: str = "deploy", beat: dict[str, Any] | None = None, **changes: Any) -> Any:
    release = _with(manifest("b"), **(beat or {})) if verb == "deploy" else None
    return request(verb, manifest=release, **changes)


def _fleet(
    *having: str, placed: list[str] | None = None, was: dict[str, Any] | None = None
) -> dict[str, Event]:
    """Three hosts that serve 1-a, which has the singleton; `placed` is what the edge knows."""
    found = steady_fleet()
    for name in HOSTS:
        result = found[name].result
        kept = result["manifests"]
        result["manifests"] = {key: _with(one, **(was or {})) for key, one in kept.items()}
        result["state"]["singletons"] = ["beat"] if name in having else []
    known = placed if placed is not None else list(having)
    found["edge-1"].result["state"] = {"placed": {"beat": known} if known else {}}
    return found


def _planned(plan: Plan) -> tuple[str, list[str]]:
    (one,) = plan.singletons
    return one.host, one.still


ON: list[Any] = [
    pytest.param({}, (), "app-1", ["app-1", "edge-1"], id="the first by name"),
    pytest.param({"hosts": ["app-3"]}, (), "app-3", ["app-3", "edge-1"], id="where it is told"),
    pytest.param({}, ("app-2",), "app-2", ["app-2"], id="where it runs"),
    pytest.param(
        {"hosts": ["app-3"]},
        ("app-2",),
        "app-3",
        ["app-2", "app-3", "edge-1"],
        id="from where it runs to where it is told",
    ),
    pytest.param(
        {}, ("app-2", "app-3"), "app-2", ["app-2", "app-3"], id="never on both that have it"
    ),
]


@pytest.mark.parametrize(("beat", "having", "host", "still"), ON)
def test_where_it_runs_and_who_is_told_first(
    beat: dict[str, Any], having: tuple[str, ...], host: str, still: list[str]
) -> None:
    assert _planned(decide(_asked(beat=beat), _fleet(*having))) == (host, still)


def test_after_a_kill_between_stop_and_start_it_stays_where_the_edge_knows_it() -> None:
    assert _planned(decide(_asked(), _fleet(placed=["app-3"]))) == ("app-3", ["app-3"])


def test_a_worker_of_every_host_that_becomes_one_stops_everywhere() -> None:
    plan = decide(_asked(), _fleet(was={"singleton": False}))
    assert _planned(plan) == ("app-1", ["app-1", "app-2", "app-3", "edge-1"])


def test_one_that_somebody_started_by_hand_stops_too() -> None:
    acquired = _fleet("app-1")
    acquired["app-3"].result["containers"] = {"blue": [{"service": "beat-1", "state": "running"}]}
    assert _planned(decide(_asked(), acquired)) == ("app-1", ["app-1", "app-3"])


def test_one_that_the_release_has_no_more_stops_where_it_is() -> None:
    plan = decide(request(), _fleet("app-2"))
    assert _planned(plan) == ("", ["app-2"])
    assert plan.place_hosts == []


def test_one_that_becomes_a_worker_of_every_host_goes_on_in_the_new_slot(tmp_path: Path) -> None:
    run = Run(tmp_path, _asked(beat={"singleton": False}), _fleet("app-2")).moves()
    arguments = run.arguments("still", "app-2")
    assert (arguments["keeps"], arguments["placed"]) == ({"beat": "green"}, {})


@pytest.mark.parametrize(
    ("left_out", "edge"), [((), []), (("app-2",), ["app-2"])], ids=["everywhere", "with a limit"]
)
def test_hosts_forget_where_it_ran_once_it_is_a_worker_of_every_host(
    tmp_path: Path, left_out: tuple[str, ...], edge: list[str]
) -> None:
    acquired = _without(_fleet("app-2", placed=["app-2"]), *left_out)
    asked = _asked(beat={"singleton": False}, **_limited(*left_out))
    run = Run(tmp_path, asked, acquired)
    for name in asked.app_hosts:
        run.happened("start" if name == "app-1" else "advance", name, result={"cut": {}})
    for wave in range(len(run.plan.waves)):
        run.happened("shift", "edge-1", wave=wave)
    for name in () if left_out else ("app-2",):
        run.happened("still", name, result={"singletons": ["beat"], "stopped": []})
    assert run.outcome().exit_code == exits.DONE
    assert run.arguments("conclude", "app-3")["placed"] == {"beat": []}
    assert run.arguments("conclude", "edge-1")["placed"] == {"beat": edge}


def _limited(*left_out: str) -> dict[str, Any]:
    return {"app_hosts": [one for one in HOSTS if one not in left_out], "outside": [*left_out]}


def _without(acquired: dict[str, Event], *hosts: str) -> dict[str, Event]:
    return {name: event for name, event in acquired.items() if name not in hosts}


LIMITS: list[Any] = [
    pytest.param(
        ["app-3"],
        ["app-3"],
        "stays on app-3 with the release it has: --limit leaves app-3 out",
        id="its host is left out",
    ),
    pytest.param(
        ["app-3"],
        [],
        "does not start: a run without --limit chooses its first host",
        id="it never ran",
    ),
]


@pytest.mark.parametrize(("left_out", "placed", "stays"), LIMITS)
def test_with_a_limit_it_stays(left_out: list[str], placed: list[str], stays: str) -> None:
    asked = _asked(**_limited(*left_out))
    acquired = _without(_fleet(placed=placed), *left_out)
    plan = decide(asked, acquired)
    assert (_planned(plan), plan.singletons[0].stays) == (("", []), stays)
    assert f"singleton beat {stays}" in plan_lines(preview(plan, asked, acquired), with_diff=False)


def test_with_its_host_in_the_limit_it_changes_there() -> None:
    acquired = _without(_fleet("app-2"), "app-1")
    plan = decide(_asked(**_limited("app-1")), acquired)
    assert _planned(plan) == ("app-2", ["app-2"])


def test_a_host_that_had_it_and_left_the_inventory_refuses() -> None:
    plan = decide(_asked(), _fleet(placed=["app-9"]))
    assert plan.refusal
    assert plan.refusal.exit_code == exits.REFUSED
    assert plan.refusal.problems == [
        {
            "where": "services/beat",
            "found": "app-9 had it, and is not in the inventory: it may still run there",
            "accepted": "a singleton that runs nowhere else",
            "next": "make sure that it is down on app-9, for good, then "
            f"./invoke deploy {WHICH} --gone=app-9",
        }
    ]
    assert (plan.singletons, plan.waves) == ([], [])


def _with_older_release(**how: Any) -> dict[str, Event]:
    """The release before the one that serves is warm on every host."""
    acquired = _fleet(**how)
    for name in HOSTS:
        acquired[name].result["state"]["slots"]["green"] = {"release": "0-z", "state": "warm"}
        older = {**acquired[name].result["manifests"]["1-a"], "id": "0-z", "version": "z"}
        acquired[name].result["manifests"]["0-z"] = older
        releases = acquired[name].result["state"]["releases"]
        acquired[name].result["state"]["releases"] = {**releases, "0-z": {**releases["1-a"]}}
    return acquired


@pytest.mark.parametrize("verb", ["rollback", "restart"])
def test_so_does_every_verb_that_would_start_it(verb: str) -> None:
    acquired = _with_older_release(placed=["app-9"])
    refusal = decide(_asked(verb), acquired).refusal
    assert refusal
    assert "app-9 had it" in refusal.problems[0]["found"]


def _older(acquired: dict[str, Event], *hosts: str) -> dict[str, Event]:
    for name, event in acquired.items():
        event.result["has_package"] = name not in hosts
    return acquired


def test_no_package_keeps_a_way_back_waiting() -> None:
    assert decide(_asked("rollback"), _older(_with_older_release(), "app-3")).refusal is None


@pytest.mark.parametrize(
    "asked",
    [_asked(), request(), _asked("restart", service="beat")],
    ids=["it comes", "it serves", "it starts again"],
)
def test_a_host_with_an_older_package_refuses_it(asked: Any) -> None:
    refusal = decide(asked, _older(_fleet("app-2"), "app-3")).refusal
    assert refusal
    assert refusal.exit_code == exits.REFUSED
    assert refusal.problems == [
        {
            "host": "app-3",
            "where": "rollway-host",
            "found": "another package than the controller's: it may forget where singletons run",
            "accepted": "the package of this controller",
            "next": "./invoke provision --env=local",
        }
    ]


def test_an_older_package_is_no_matter_without_one_nor_on_an_edge() -> None:
    assert decide(request(), _older(steady_fleet(), *HOSTS)).refusal is None
    assert decide(_asked(), _older(_fleet("app-2"), "edge-1")).refusal is None


def test_a_person_says_that_the_host_is_gone() -> None:
    plan = decide(_asked(gone=["app-9"]), _fleet(placed=["app-9"]))
    assert (plan.refusal, _planned(plan)) == (None, ("app-1", ["app-1", "edge-1"]))


def test_a_host_that_is_lost_and_left_out_may_be_gone_as_well() -> None:
    acquired = _without(_fleet(placed=["app-1"]), "app-1")
    plan = decide(_asked(gone=["app-1"], **_limited("app-1")), acquired)
    assert _planned(plan) == ("app-2", ["app-2", "edge-1"])


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """A deploy that takes it from app-2 to app-3; all traffic has moved."""
    return Run(tmp_path, _asked(beat={"hosts": ["app-3"]}), _fleet("app-2")).moves()


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
    run = Run(tmp_path, _asked(), _fleet("app-2"))
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
    asked = _asked()
    tolerant = {**asked.manifest["rollout"], "max_failures": 1}
    asked = replace(asked, manifest={**asked.manifest, "rollout": tolerant})
    run = Run(tmp_path, asked, _fleet("app-2"))
    run.happened("advance", "app-2", ok=False, result={"problem": {"found": "never ready"}})
    assert "app-2: its singletons run nowhere else" in run.outcome().reasons


def test_while_a_person_decides_it_runs_where_it_was(tmp_path: Path) -> None:
    asked = _asked()
    pausing = {**asked.manifest["rollout"], "failure_action": "pause"}
    asked = replace(asked, manifest={**asked.manifest, "rollout": pausing})
    run = Run(tmp_path, asked, _fleet("app-2")).moves()
    run.happened("still", "app-2", **GONE).happened("place", "app-2", **FAILED)
    assert run.outcome().exit_code == exits.HELD
    run.happened("still_back", "app-2", **GONE)
    assert run.arguments("place_back", "app-2")["slot"] == "blue"


def test_one_alone_starts_again_on_its_host_alone(tmp_path: Path) -> None:
    run = Run(tmp_path, _asked("restart", service="beat"), _fleet("app-2"))
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
    asked = _asked("scale", service="api", replicas=3)
    run = Run(tmp_path, asked, _scaled(_fleet("app-2"))).moves()
    assert run.plan.refusal is None
    assert _planned(run.plan) == ("app-2", ["app-2"])
    assert run.arguments("still", "app-2")["keeps"] == {"beat": "green"}
    run.happened("still", "app-2", **GONE)
    assert run.arguments("place", "app-2")["slot"] == "green"


def test_a_scale_is_refused_where_a_host_may_still_run_it() -> None:
    asked = _asked("scale", service="api", replicas=3)
    refusal = decide(asked, _scaled(_fleet(placed=["app-9"]))).refusal
    assert refusal
    following = f"./invoke scale {WHICH} --service=api --replicas=3 --gone=app-9"
    assert refusal.problems[0]["next"].endswith(following)


def test_one_alone_that_no_host_of_the_run_has_is_refused() -> None:
    acquired = _without(_fleet("app-2"), "app-2")
    refusal = decide(_asked("restart", service="beat", **_limited("app-2")), acquired).refusal
    assert refusal
    assert refusal.problems[0]["found"] == "no host of this run has the singleton beat"


def test_a_remove_leaves_a_note_of_hosts_that_are_gone(tmp_path: Path) -> None:
    asked = request("remove")
    plan = decide(asked, _fleet("app-2", placed=["app-2", "app-9"]))
    journal = Journal(tmp_path)
    journal.append(Event("vacate", "edge-1", result={"changed": True}))
    for name in ("app-2", "edge-1"):
        found = removal_calls(asked, journal, step="remove", host=name, plan=plan)
        assert not isinstance(found, str), found
        assert found[0].arguments["placed"] == {"beat": ["app-9"]}


def _status(acquired: dict[str, Event]) -> dict[str, Any]:
    acquired["edge-1"].result["edge"] = {}
    return fleet_status(_asked("status"), acquired)


def test_status_says_where_it_runs() -> None:
    cases = [(("app-2",), ["app-2"], "app-2"), ((), [], "runs nowhere")]
    for having, hosts, words in cases:
        status = _status(_fleet(*having))
        assert status["singletons"] == [{"service": "beat", "hosts": hosts}]
        assert f"singleton beat: {words}" in status_lines(status)


def test_a_host_is_well_without_the_one_that_moved_away() -> None:
    acquired = _fleet("app-2")
    for name in ("app-1", "app-2"):
        listed = [("api-1", "running"), ("beat-1", "exited")]
        acquired[name].result["containers"] = {
            "blue": [{"service": one, "state": state, "image": "i"} for one, state in listed]
        }
    hosts = _status(acquired)["hosts"]
    assert [one["healthy"] for one in hosts[:2]] == [True, False]


def _answer(name: str, having: list[str], **changes: Any) -> Event:
    result = {"ok": True, "state": {"singletons": having}, "serving": _with(manifest("a"))}
    return Event("drift", name, result={**result, **changes})


ASTRAY: list[Any] = [
    pytest.param(["beat"], ["beat"], {}, ["on record on app-1, app-2"], id="two"),
    pytest.param([], [], {}, ["on record on no host: it runs nowhere"], id="none"),
    pytest.param(["beat"], [], {}, [], id="one"),
    pytest.param([], [], {"lock": {"id": "run-9"}}, [], id="a run is at work"),
]


@pytest.mark.parametrize(("first", "second", "changes", "found"), ASTRAY)
def test_drift_counts_them_over_the_fleet(
    first: list[str], second: list[str], changes: dict[str, Any], found: list[str]
) -> None:
    asked = request("drift", app_hosts=["app-1", "app-2"])
    told = fleet(_answer("app-1", first, **changes), _answer("app-2", second))
    assert [one["found"] for one in singletons_astray(asked, told)] == found
    more = request("drift", app_hosts=["app-1", "app-2"], outside=["app-3"])
    known = [one for one in found if "no host" not in one]
    assert [one["found"] for one in singletons_astray(more, told)] == known


def test_the_plan_names_its_host_and_no_other_shows_it() -> None:
    asked, acquired = _asked(beat={"hosts": ["app-3"]}), _fleet("app-2")
    shown = preview(decide(asked, acquired), asked, acquired)
    assert "singleton beat: from app-2 to app-3" in plan_lines(shown, with_diff=False)
    services = {
        one["host"]: [each["service"] for each in one["services"]] for one in shown["hosts"]
    }
    assert services == {"app-1": ["api"], "app-2": ["api", "beat"], "app-3": ["api", "beat"]}


def test_nothing_is_added_to_a_run_without_any() -> None:
    plan = decide(request(), steady_fleet())
    assert (plan.singletons, plan.still_hosts, plan.place_hosts, plan.home_hosts) == (
        [],
        [],
        [],
        [],
    )
