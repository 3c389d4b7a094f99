"""The verb `scale`: the release that serves, with another number of replicas of one service."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.rollway import ports

from rollway import exits
from rollway.release import render
from rollway.report.plan_table import plan_lines
from rollway.report.result import write_report
from rollway.rollout import outcome
from rollway.rollout.calls import acquire_calls, conclude_call
from rollway.rollout.drive import Skip, work_for
from rollway.rollout.inputs import MOST_REPLICAS
from rollway.rollout.interrupted import begins, interruption
from rollway.rollout.journal import Event, Journal
from rollway.rollout.ledger import fold
from rollway.rollout.plan import Plan
from rollway.rollout.planning import decide
from rollway.rollout.preview import preview
from rollway.rollout.verdict import judge_end
from tests.unit.rollout.fleet_fixtures import (
    acquired_edge,
    acquired_host,
    fleet,
    manifest,
    release,
    request,
    steady_fleet,
)

WHICH = "--env=local --app=iris"
AGAIN = f"./invoke scale {WHICH} --service=api --replicas=3"
HOSTS = ("app-1", "app-2", "app-3")
SCALE_RUN = "20260131T120000Z-scale-1a2b3c"
DEPLOY_RUN = "20260131T120000Z-deploy-1a2b3c"
ONE = {"1-a": release("a")}
STARTED: dict[str, Any] = {"result": {"cut": {}}}
FAILED: dict[str, Any] = {"ok": False, "result": {"problem": {"found": "never ready"}}}


def _web(replicas: int) -> dict[str, Any]:
    names = [f"api-{number}" for number in range(1, replicas + 1)]
    return {**manifest("a")["services"][0], "replicas": replicas, "containers": names}


def _made(replicas: int, base: str = "1-a", version: str = "a") -> dict[str, Any]:
    """What a host says that a release becomes; with one replica it is 1-a itself."""
    new = {"hash": f"hash-of-{version}-{replicas}", "id": base, "scaled": {"api": replicas}}
    if replicas == 1:
        return {**manifest(version), "id": base}
    return {**manifest(version), **new, "services": [_web(replicas)]}


def _offer(
    acquired: dict[str, Event], replicas: int = 3, others: dict[str, Any] | None = None
) -> dict[str, Event]:
    """Every host says what the releases in its slots become."""
    for name in HOSTS:
        slots = acquired[name].result["state"]["slots"].values()
        known = {one["release"]: {"kind": "web", "release": _made(replicas)} for one in slots}
        acquired[name].result["scaled"] = {**known, **(others or {})}
        acquired[name].result["ports"] = {"api": {"blue": [1, 2, 3], "green": [4, 5, 6]}}
    return acquired


def _asked(**changes: Any) -> Any:
    return request("scale", **{"service": "api", "replicas": 3, **changes})


def _plan(run_dir: Path, acquired: dict[str, Event], **changes: Any) -> Plan:
    asked = _asked(**changes)
    asked.save(run_dir)
    plan = decide(asked, acquired)
    plan.save(run_dir)
    return plan


def _calls(run_dir: Path, step: str, host: str, wave: int | None = None) -> list[Any]:
    work = work_for(run_dir, step=step, host=host, wave=wave)
    assert not isinstance(work, Skip), work.reason
    return [call.arguments for call in work]


def _two(active: str = "green", warm: str = "blue", **one: Any) -> dict[str, Event]:
    """Three hosts that serve 2-a, which has three replicas; 1-a has one, and is warm."""
    scaled = {**release("a"), "hash": "hash-of-a-3"}
    known = {"blue": "1-a", "green": "2-a", "releases": {**ONE, "2-a": scaled}, **one}
    hosts = [acquired_host(name, active=active, warm=warm, **known) for name in HOSTS]
    for event in hosts:
        event.result["manifests"]["2-a"] = {**_made(3), "id": "2-a"}
    return fleet(*hosts, acquired_edge(*[(name, active) for name in HOSTS]))


def test_every_host_is_asked_what_its_release_becomes() -> None:
    asked = {one: acquire_calls(_asked(), one, reads_only=False)[0] for one in ("app-1", "edge-1")}
    assert asked["app-1"].arguments["scale"] == {"service": "api", "replicas": 3}
    assert "scale" not in asked["edge-1"].arguments
    restart = acquire_calls(request("restart", service="mail"), "app-1", reads_only=False)
    assert "scale" not in restart[0].arguments


def test_it_is_another_release_that_starts_beside_the_one_that_serves(tmp_path: Path) -> None:
    plan = _plan(tmp_path, _offer(steady_fleet()))
    host = plan.hosts["app-2"]
    assert (plan.refusal, plan.release_id, plan.previous["id"]) == (None, "2-a", "1-a")
    assert (host.action, host.new_slot, host.old_slot) == ("start", "green", "blue")
    assert host.replicas == {"green": 3, "blue": 1}
    assert plan.waves == [["app-1"], ["app-2"], ["app-3"]]
    assert plan.scale == {"service": "api", "replicas": 3, "before": 1}
    assert (plan.service, plan.voids) == ("", [])


def test_hosts_make_it_of_what_they_serve(tmp_path: Path) -> None:
    _plan(tmp_path, _offer(steady_fleet()))
    first, other = (_calls(tmp_path, "stage", name)[0] for name in HOSTS[:2])
    asked = {"service": "api", "replicas": 3, "release": "1-a", "hash": "hash-of-a-3"}
    assert (first["step"], first["scale"], first["release_id"]) == ("stage", asked, "2-a")
    assert "manifest" not in first
    assert (first["then_start"], other["then_start"]) == (True, False)


def test_the_edge_knows_every_replica_before_traffic_moves(tmp_path: Path) -> None:
    _plan(tmp_path, _offer(steady_fleet()))
    (loaded,) = _calls(tmp_path, "stage", "edge-1")
    ready = [one["name"] for one in loaded["servers"] if one["state"] == "ready"]
    assert (loaded["step"], len(loaded["servers"])) == ("load", 18)
    assert ready == ["app-1-blue-1", "app-2-blue-1", "app-3-blue-1"]
    Journal(tmp_path).append(Event("stage", "app-1", **STARTED))
    (moved,) = _calls(tmp_path, "shift", "edge-1", wave=0)
    assert moved["probe"] == [f"app-1-green-{number}" for number in (1, 2, 3)]


def test_what_served_before_stays_warm_for_a_rollback(tmp_path: Path) -> None:
    plan = _plan(tmp_path, _offer(steady_fleet()))
    ledger = fold(plan, [])
    call = conclude_call(plan, ledger, "app-1", outcome="good", slot="green", record={})
    assert call.arguments["keep_warm_seconds"] == 300
    back = decide(request("rollback"), _two())
    assert (back.refusal, back.release_id, back.hosts["app-1"].action) == (None, "1-a", "shift")


def test_a_host_without_room_for_more_stops_first(tmp_path: Path) -> None:
    acquired = _offer(steady_fleet())
    acquired["app-2"].result["facts"] = {"memory_available_bytes": 2**30}
    for name in HOSTS:
        (service,) = acquired[name].result["scaled"]["1-a"]["release"]["services"]
        service["memory_bytes"] = 2**29
    assert _plan(tmp_path, acquired).hosts["app-2"].order == "stop-first"


def _ended(run_dir: Path, plan: Plan, *events: Event) -> outcome.Outcome:
    for event in events:
        Journal(run_dir).append(event)
    seen = Journal(run_dir).events()
    ledger = fold(plan, seen)
    return outcome.conclude(plan, ledger, judge_end(plan, ledger), seen)


def test_it_says_what_was_done_and_how_to_go_back(tmp_path: Path) -> None:
    plan = _plan(tmp_path, _offer(steady_fleet()))
    started = [Event("stage", "app-1", **STARTED)]
    started += [Event("advance", name, **STARTED) for name in HOSTS[1:]]
    shifted = [Event("shift", "edge-1", wave=wave) for wave in range(3)]
    ended = _ended(tmp_path, plan, *started, *shifted)
    assert (ended.exit_code, ended.sentence, ended.next_command) == (
        exits.DONE,
        "api: 1 → 3 replicas; 2-a serves on 3 hosts",
        f"./invoke rollback {WHICH}",
    )


def test_one_that_fails_leaves_the_fleet_as_it_was(tmp_path: Path) -> None:
    plan = _plan(tmp_path, _offer(steady_fleet()))
    ended = _ended(tmp_path, plan, Event("stage", "app-1", **FAILED))
    assert (ended.exit_code, ended.sentence) == (
        exits.FAILED,
        "2-a failed; the whole fleet serves 1-a",
    )


def test_the_number_that_serves_changes_nothing(tmp_path: Path) -> None:
    plan = _plan(tmp_path, _offer(steady_fleet(), 1), replicas=1)
    ended = _ended(tmp_path, plan)
    assert (plan.release_id, plan.waves) == ("1-a", [])
    assert (ended.exit_code, ended.sentence, ended.next_command) == (
        exits.DONE,
        "api: 1 replica already; 1-a serves on 3 hosts",
        f"./invoke status {WHICH}",
    )


def test_the_number_of_a_release_that_is_kept_is_that_release() -> None:
    plan = decide(_asked(replicas=1), _offer(_two(), 1))
    assert (plan.release_id, plan.hosts["app-1"].action) == ("1-a", "shift")
    assert plan.scale["before"] == 3


def test_one_that_was_left_for_good_gets_another_number() -> None:
    acquired = _two(active="blue", warm="")
    for name in HOSTS:
        acquired[name].result["state"]["releases"]["2-a"]["outcome"] = "voided"
    assert decide(_asked(), _offer(acquired)).release_id == "3-a"


def test_check_says_the_number_and_the_command(tmp_path: Path) -> None:
    acquired = _offer(steady_fleet())
    asked = _asked(reads_only=True)
    asked.save(tmp_path)
    plan = decide(asked, acquired)
    plan.save(tmp_path)
    for event in acquired.values():
        Journal(tmp_path).append(event)
    told = write_report(tmp_path)
    assert told["sentence"] == ("api: 1 → 3 replicas; 2-a would go to 3 hosts in 3 waves")
    assert told["next"] == AGAIN
    lines = plan_lines(preview(plan, asked, acquired), with_diff=False)
    assert lines.count("api: 1 → 3 replicas") == 1


def test_a_deploy_says_that_it_takes_the_number_of_the_file_again() -> None:
    asked, acquired = request(reads_only=True, version="a"), _two()
    plan = decide(asked, acquired)
    found = preview(plan, asked, acquired)
    assert (plan.release_id, plan.previous["id"]) == ("1-a", "2-a")
    assert "api: 3 → 1 replica: scale had set 3, the Compose file has 1" in plan_lines(
        found, with_diff=False
    )


def test_a_deploy_of_another_file_says_its_number_alone() -> None:
    services = [_web(2)]
    asked = request(reads_only=True, manifest=manifest("b", services=services))
    acquired = steady_fleet()
    lines = plan_lines(preview(decide(asked, acquired), asked, acquired), with_diff=False)
    assert "api: 1 → 2 replicas" in lines


def _phase(acquired: dict[str, Event], run: str, left: str | None) -> dict[str, Event]:
    for name in HOSTS:
        acquired[name].result["state"]["phase"] = {"run": run, "step": "stage", "release": left}
    return acquired


def _killed(**changes: Any) -> dict[str, Event]:
    """The first host serves 2-a; the records name the one before."""
    on_trial = {**release("a", outcome="candidate"), "hash": "hash-of-a-3"}
    acquired = _two(active="blue", warm="", releases={**ONE, "2-a": on_trial}, **changes)
    edge = acquired_edge(("app-1", "green"), ("app-2", "blue"), ("app-3", "blue"))
    return _phase({**acquired, "edge-1": edge}, SCALE_RUN, "2-a")


def test_one_that_was_killed_is_done_again() -> None:
    plan = decide(_asked(), _offer(_killed()))
    assert (plan.refusal, plan.release_id) == (None, "2-a")
    assert {one.action for one in plan.hosts.values()} == {"shift"}


def test_edges_get_to_know_what_a_killed_one_had_started(tmp_path: Path) -> None:
    plan = _plan(tmp_path, _offer(_killed()))
    (loaded,) = _calls(tmp_path, "stage", "edge-1")
    assert (plan.hosts_to_start, loaded["step"], len(loaded["servers"])) == ([], "load", 18)


def test_one_that_was_killed_while_it_was_recorded_is_done_again() -> None:
    acquired = _two()
    acquired["app-3"] = _killed()["app-3"]
    plan = decide(_asked(), _offer(acquired))
    assert (plan.refusal, plan.release_id) == (None, "2-a")
    assert plan.waves == [["app-3"]]
    assert plan.scale["before"] == 1


def test_one_that_was_killed_before_any_host_had_it_is_done_again() -> None:
    plan = decide(_asked(), _offer(_phase(steady_fleet(), SCALE_RUN, "2-a")))
    assert (plan.refusal, plan.release_id) == (None, "2-a")


def test_one_that_had_only_its_lock_is_done_again() -> None:
    plan = decide(_asked(), _offer(_phase(steady_fleet(), SCALE_RUN, None)))
    assert plan.refusal is None


@pytest.mark.parametrize("verb", ["abort", "rollback"])
def test_one_that_was_killed_is_left(verb: str) -> None:
    back = decide(request(verb), _killed())
    assert (back.refusal, back.release_id, back.voids) == (None, "1-a", ["2-a"])


def test_a_signal_says_what_goes_on_and_what_back(tmp_path: Path) -> None:
    plan = _plan(tmp_path, _offer(steady_fleet()))
    ended = _ended(tmp_path, plan, interruption("SIGTERM"))
    assert ended.next_command == f"{AGAIN} continues, ./invoke abort {WHICH} goes back"
    assert begins(plan, "app-1")


def test_a_signal_before_the_plan_says_the_same_command(tmp_path: Path) -> None:
    _asked().save(tmp_path)
    Journal(tmp_path).append(interruption("SIGTERM"))
    assert write_report(tmp_path)["next"] == AGAIN


def test_a_pause_after_failures_holds_it_and_its_jobs_are_done() -> None:
    acquired = _offer(steady_fleet())
    for name in HOSTS:
        made = acquired[name].result["scaled"]["1-a"]["release"]
        made["rollout"] = {**made["rollout"], "failure_action": "pause"}
    plan = decide(_asked(), acquired)
    assert (plan.holds, plan.jobs) == (True, [])


def _limited() -> dict[str, Event]:
    """One host was scaled alone: the others have the number before."""
    acquired = steady_fleet()
    acquired["app-1"] = _two(warm="")["app-1"]
    return _offer(acquired)


def test_hosts_that_differ_in_the_number_alone_come_together() -> None:
    plan = decide(_asked(), _limited())
    assert (plan.refusal, plan.release_id) == (None, "2-a")


def _mixed() -> dict[str, Event]:
    other = acquired_host("app-3", active="blue", blue="2-b", releases={"2-b": release("b")})
    offered = {"2-b": {"kind": "web", "release": _made(3, "2-b", "b")}}
    return _offer({**steady_fleet(), "app-3": other}, others=offered)


def _empty() -> dict[str, Event]:
    return _offer({**steady_fleet(), "app-3": acquired_host("app-3")})


def _of(kind: str | None) -> dict[str, Event]:
    return _offer(steady_fleet(), others={"1-a": {"kind": kind, "release": None}})


ONE_RELEASE = f"./invoke status {WHICH}"
LEFT = f"./invoke deploy {WHICH} again, or ./invoke abort {WHICH}"
REFUSED: list[Any] = [
    pytest.param(
        _mixed(), "api", exits.REFUSED, "the hosts serve 1-a, 2-b", ONE_RELEASE, id="a mixed fleet"
    ),
    pytest.param(
        _empty(), "api", exits.REFUSED, "the hosts serve 1-a, nothing", ONE_RELEASE,
        id="a host that is new",
    ),
    pytest.param(
        _offer(_phase(steady_fleet(), DEPLOY_RUN, "2-b")), "api", exits.REFUSED,
        "2-b was interrupted", LEFT, id="an interrupted deploy",
    ),
    pytest.param(
        _offer(_phase(steady_fleet(), DEPLOY_RUN, None)), "api", exits.REFUSED,
        f"{DEPLOY_RUN} was interrupted", LEFT, id="a deploy that only moved traffic",
    ),
    pytest.param(
        _offer(_killed(), 2), "api", exits.REFUSED, "2-a was interrupted",
        f"./invoke scale {WHICH} again, or ./invoke abort {WHICH}", id="a scale to another number",
    ),
    pytest.param(
        _of(None), "web", exits.USAGE, "web is no service of 1-a", AGAIN, id="no such service"
    ),
    pytest.param(
        _of("accessory"), "db", exits.REFUSED,
        "db is an accessory of 1-a: its data has one place", AGAIN, id="an accessory",
    ),
    pytest.param(
        _of("job"), "migrate", exits.REFUSED,
        "migrate is a job of 1-a: it runs once for a release", AGAIN, id="a job",
    ),
    pytest.param(
        _of("singleton"), "beat", exits.REFUSED,
        "beat is a singleton of 1-a: one runs in the whole fleet", AGAIN, id="a singleton",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("acquired", "service", "code", "found", "following"), REFUSED)
def test_refuses(
    acquired: dict[str, Event], service: str, code: int, found: str, following: str
) -> None:
    plan = decide(_asked(service=service), acquired)
    assert plan.refusal is not None
    problem = plan.refusal.problems[0]
    assert (plan.refusal.exit_code, problem["found"]) == (code, found)
    assert problem["next"] == following
    assert (plan.waves, plan.hosts) == ([], {})


def test_a_restart_names_the_verb_that_was_interrupted() -> None:
    plan = decide(request("restart"), _killed())
    assert plan.refusal is not None
    assert plan.refusal.problems[0]["next"].startswith(f"./invoke scale {WHICH} again")


def test_the_bounds_are_those_of_a_compose_file_and_of_a_host() -> None:
    assert render.MOST_REPLICAS == ports.MOST_REPLICAS == MOST_REPLICAS
