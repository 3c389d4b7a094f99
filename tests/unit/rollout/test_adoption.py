"""The verb `adopt`: a first release takes the place of a plain Compose project, or leaves it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rollway import exits
from rollway.report.interrupted import left_in
from rollway.report.lines import say
from rollway.report.plan_table import plan_lines
from rollway.report.result import write_report
from rollway.rollout import outcome
from rollway.rollout.hold import gives_up
from rollway.rollout.interrupted import interruption
from rollway.rollout.journal import Event, Journal
from rollway.rollout.planning import decide
from rollway.rollout.preview import preview
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
from tests.unit.rollout.fleet_fixtures import (
    acquired_edge,
    fleet,
    manifest,
    release,
    request,
    steady_fleet,
)
from tests.unit.rollout.run_folder import RunFolder

WHICH = "--env=local --app=iris"
AGAIN = f"./invoke adopt {WHICH} --version=b --project=shop"
CANDIDATE = {"1-b": release("b", outcome="candidate")}
GOOD = {"1-b": release("b")}
PHASE = {"run": "20260131T120000Z-adopt-1a2b3c", "step": "start", "release": "1-b"}


class Run(RunFolder):
    """A run of any verb over hosts that run, or ran, the project."""

    def ends(self, *events: Event) -> outcome.Outcome:
        for event in events:
            Journal(self.run_dir).append(event)
        return self.outcome()


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
    acquired = {**_begun(), "app-1": done}
    assert decide(request("rollback", **part), acquired).leaves
    assert decide(request("abort"), acquired).refusal is not None


GAP = (
    "app-1: shop-db-1 stops, and db of the release starts on its volumes: until it is ready, "
    "requests that need it wait or fail"
)


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


def _serving(*containers: dict[str, Any], **changes: Any) -> dict[str, Event]:
    told = {"active": "blue", "blue": "1-b", "releases": GOOD, **changes}
    hosts = [plain_host(name, *containers, **told) for name in HOSTS]
    return fleet(*hosts, acquired_edge(*[(name, "blue") for name in HOSTS]))


def test_what_is_under_rollway_already_is_said_and_left_alone(tmp_path: Path) -> None:
    run = Run(tmp_path, adopting(), _serving())
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
    run = Run(tmp_path, adopting(), _serving(SHOP[0], adopted=record()))
    assert (run.plan.refusal, run.plan.waves) == (None, [])
    told = run.calls("conclude", "app-1")[0].arguments
    assert (told["outcome"], told["adopt"]) == ("good", ADOPT)


def test_a_run_that_was_killed_is_gone_on_with() -> None:
    begun = plain_host("app-1", *SHOP, blue="1-b", releases=CANDIDATE, adopted=record())
    begun.result["state"]["phase"] = PHASE
    plan = decide(adopting(), {**plain_fleet(), "app-1": begun})
    assert (plan.refusal, plan.release_id) == (None, "1-b")
    assert [plan.hosts[name].action for name in HOSTS] == ["shift", "start", "start"]


def test_going_back_takes_traffic_from_a_release_that_an_earlier_run_moved(
    tmp_path: Path,
) -> None:
    """Nothing served before: what the edges send there would be cut."""
    begun = plain_host("app-1", *SHOP, blue="1-b", releases=CANDIDATE, adopted=record())
    acquired = {**plain_fleet(), "app-1": begun, "edge-1": acquired_edge(("app-1", "blue"))}
    run = Run(tmp_path, adopting(), acquired)
    never = {"problem": {"found": "never ready"}}
    Journal(tmp_path).append(Event("stage", "app-2", ok=False, result=never))
    servers = run.calls("unshift", "edge-1")[0].arguments["servers"]
    assert {one["state"] for one in servers} == {"maint"}


def _begun(**changes: Any) -> dict[str, Event]:
    """Every host has the release on trial, and the edge sends requests to the first."""
    told = {"blue": "1-b", "releases": CANDIDATE, "adopted": record(), **changes}
    hosts = [plain_host(name, **told) for name in HOSTS]
    for event in hosts:
        event.result["state"]["phase"] = PHASE
    return fleet(*hosts, acquired_edge(("app-1", "blue")))


@pytest.mark.parametrize("verb", ["abort", "rollback"])
def test_going_back_lets_every_edge_go_and_gives_the_project_back(
    tmp_path: Path, verb: str
) -> None:
    run = Run(tmp_path, request(verb), _begun())
    assert (run.plan.refusal, run.plan.waves, run.plan.leaves) == (None, [], True)
    for step, host in (("stage", "app-2"), ("switch", "app-1"), ("advance", "app-1")):
        assert run.skips(step, host)
    servers = run.calls("unshift", "edge-1")[0].arguments["servers"]
    assert {one["state"] for one in servers} == {"maint"}
    ended = run.ends(Event("unshift", "edge-1"))
    assert (ended.exit_code, ended.sentence) == (
        exits.DONE,
        "1-b is left; the containers of project shop run as before",
    )
    told = run.calls("conclude", "app-1")[0].arguments
    assert (told["outcome"], told["release_id"], told["adopt"]["leaves"]) == ("bad", "1-b", True)


def test_going_back_with_an_edge_that_does_not_answer_stops_nothing(tmp_path: Path) -> None:
    run = Run(tmp_path, request("abort"), _begun())
    ended = run.ends(Event("unshift", "edge-1", ok=False, unreachable=True))
    assert (ended.exit_code, ended.record) == (exits.NEEDS_PERSON, "aborted")


def test_going_back_tells_an_edge_that_seems_to_send_no_requests_there(tmp_path: Path) -> None:
    """Of several edges one may have moved."""
    run = Run(tmp_path, request("abort"), {**_begun(), "edge-1": acquired_edge()})
    assert run.calls("unshift", "edge-1")


def test_a_record_is_enough_to_go_back() -> None:
    """The run had come to its end, but a host could not give the project back."""
    acquired = _begun()
    for name in HOSTS:
        acquired[name].result["state"]["phase"] = None
    assert decide(request("abort"), acquired).leaves


def _held() -> dict[str, Event]:
    acquired = _begun()
    for event in acquired.values():
        event.result["hold"] = {"release": "1-b", "previous": None, "hosts": list(HOSTS)}
    return acquired


@pytest.mark.parametrize("verb", ["abort", "rollback"])
def test_what_is_held_is_left_by_whoever_goes_back(tmp_path: Path, verb: str) -> None:
    """A first release of another kind is given up, and nobody gets its place."""
    run = Run(tmp_path, request(verb), _held())
    assert (run.plan.refusal, run.plan.leaves, run.plan.release_id) == (None, True, "1-b")
    assert {one["state"] for one in run.calls("unshift", "edge-1")[0].arguments["servers"]} == {
        "maint"
    }
    ended = run.ends(Event("unshift", "edge-1"))
    assert (ended.name, ended.exit_code) == ("left", exits.DONE)
    assert ended.sentence == "1-b is left; the containers of project shop run as before"
    for host in ("app-1", "edge-1"):
        told = run.calls("conclude", host)[0].arguments
        assert (told["outcome"], told["adopt"]["leaves"], told["placed"]) == ("bad", True, {})


def test_a_held_one_that_is_promoted_tolerates_no_failed_host_either(tmp_path: Path) -> None:
    acquired, mine = _held(), {**record(), "release": "1-b", "keeps_web": True}
    tolerant = {**adoptable(rollout={"waves": [1], "max_failures": 1}), "id": "1-b"}
    for name in HOSTS:
        acquired[name].result["adopted"] = mine
        acquired[name].result["manifests"]["1-b"] = tolerant
    run = Run(tmp_path, request("promote"), acquired)
    assert run.plan.adopt == {"project": "shop", "keep": True}
    failed = Event("advance", "app-3", ok=False, result={"problem": {"found": "never ready"}})
    assert run.ends(Event("stage", "app-1", result={"cut": {}}), failed).name != "good"


def test_a_promotion_of_another_release_is_not_about_the_project() -> None:
    acquired = _held()
    for name in HOSTS:
        acquired[name].result["adopted"] = {**record(), "release": "1-a"}
    assert decide(request("promote"), acquired).adopt == {}


def test_without_a_record_of_the_project_it_is_given_up() -> None:
    acquired = _held()
    for name in HOSTS:
        acquired[name].result["adopted"] = None
    plan = decide(request("abort"), acquired)
    assert (plan.refusal, plan.leaves, plan.hosts) == (None, False, {})
    assert gives_up(plan)


@pytest.mark.parametrize("acquired", [_begun(), _held()], ids=["begun", "held"])
def test_a_plan_says_that_the_project_would_come_back(
    tmp_path: Path, acquired: dict[str, Event]
) -> None:
    Run(tmp_path, request("abort", reads_only=True), acquired)
    for event in acquired.values():
        Journal(tmp_path).append(event)
    result = write_report(tmp_path)
    assert result["sentence"] == "1-b would leave, and project shop run as before"
    assert result["next"] == f"./invoke abort {WHICH}"


SCALED: dict[str, Any] = {"service": "api", "replicas": 2}


@pytest.mark.parametrize("verb", ["deploy", "restart", "scale"])
def test_a_verb_that_knows_nothing_of_the_project_does_not_go_on(verb: str) -> None:
    asked = request(verb, **(SCALED if verb == "scale" else {}))
    plan = decide(asked, _begun())
    assert plan.refusal is not None
    assert plan.refusal.exit_code == exits.REFUSED
    assert plan.refusal.problems[0] == {
        "host": "app-1",
        "where": verb,
        "found": "a run was taking the place of project shop here, and did not end",
        "accepted": "adopt, or abort",
        "next": f"{AGAIN} continues, ./invoke abort {WHICH} goes back",
    }


def test_containers_that_were_kept_hinder_no_deploy() -> None:
    asked = request(manifest=manifest("c"))
    assert decide(asked, _serving(adopted=record())).refusal is None


def test_there_is_no_way_back_once_a_host_has_lost_the_project() -> None:
    done = plain_host("app-1", active="blue", blue="1-b", releases=GOOD)
    plan = decide(request("abort"), {**_begun(), "app-1": done})
    assert (plan.leaves, plan.refusal is not None) == (False, True)


def test_going_back_past_a_job_needs_a_yes() -> None:
    job = {"name": "migrate", "when": "before_traffic", "backward_compatible": False}
    acquired = _begun()
    for name in HOSTS:
        acquired[name].result["manifests"]["1-b"] = {**manifest("b"), "id": "1-b", "jobs": [job]}
        acquired[name].result["jobs"] = {"1-b": {"migrate": {"finished": "x", "exit_code": 0}}}
    plan = decide(request("abort"), acquired)
    assert plan.refusal is not None
    assert plan.refusal.problems[0]["found"] == (
        "job migrate of 1-b is not undone, and not marked backward_compatible: project shop may "
        "not get along with what it did"
    )


def test_an_abort_of_anything_else_is_as_before() -> None:
    acquired = steady_fleet()
    for name in HOSTS:
        acquired[name].result["state"]["phase"] = {"run": PHASE["run"], "release": "2-b"}
    plan = decide(request("abort"), acquired)
    assert (plan.refusal, plan.leaves, plan.release_id) == (None, False, "1-a")


def test_the_plan_says_what_becomes_of_everything() -> None:
    gone = container("old", {"kind": "volume", "source": "shop_x", "target": "/x"})
    cache = {"kind": "anonymous", "source": "a" * 64, "target": "/cache"}
    file = {"kind": "file", "source": "/home/shop/app.conf", "target": "/etc/app.conf"}
    shop = (container("api", cache, file, ports=[8080]), *SHOP[1:], gone)
    acquired = {**plain_fleet(*shop), "app-3": plain_host("app-3")}
    asked = adopting(reads_only=True, is_confirmed=False)
    plan = decide(asked, acquired)
    shown = preview(plan, asked, acquired)
    first, _, last = shown["adoption"]
    assert [(one["service"], one["class"], one["becomes"]) for one in first["containers"]] == [
        ("api", "web", "runs on, removed when the run is good"),
        (
            *("db", "accessory"),
            "stops before the release's own starts on its data, removed when the run is good",
        ),
        ("mail", "worker", "stops when the release's own starts, removed when the run is good"),
        (
            *("old", "gone"),
            "runs on, removed when the run is good: the file has no such service",
        ),
    ]
    assert [(one["source"], one["becomes"]) for one in first["data"]] == [
        ("a" * 64, "stays, and is in memory from now on"),
        (
            "/home/shop/app.conf",
            "stays, and a file of the release takes its place, to be read only",
        ),
        ("iris_rows", "taken over as it is"),
        ("shop_x", "stays, and nothing uses it any more"),
    ]
    assert (last["containers"], last["data"]) == ([], [])
    assert GAP in shown["warnings"]
    lines = plan_lines(shown, with_diff=False)
    assert (
        "app-1: shop-api-1 (web, running, abc, port 8080): runs on, removed when the run is good"
    ) in lines
    assert "app-1: iris_rows at /rows of db: taken over as it is" in lines
    assert "app-3: nothing of project shop, a new host" in lines


def test_the_end_of_a_check_names_what_carries_it_out(tmp_path: Path) -> None:
    asked = adopting(reads_only=True)
    Run(tmp_path, asked, plain_fleet())
    for event in plain_fleet().values():
        Journal(tmp_path).append(event)
    result = write_report(tmp_path)
    assert (result["outcome"], result["next"]) == ("planned", AGAIN)


CONCLUDED = [
    ({}, "app-1: recorded and unlocked"),
    (
        {"removed": ["shop-db-1"], "kept": ["shop-api-1"]},
        "app-1: recorded and unlocked; removed: shop-db-1; kept: shop-api-1",
    ),
    ({"started": ["shop-db-1"]}, "app-1: recorded and unlocked; started: shop-db-1"),
]


@pytest.mark.parametrize(("plain", "line"), CONCLUDED)
def test_a_host_says_what_became_of_the_project(plain: dict[str, Any], line: str) -> None:
    assert say(Event("conclude", "app-1", result={"plain": plain}), None) == line


def test_status_says_how_an_adoption_goes_on() -> None:
    found = left_in(request("status"), _begun())
    assert found is not None
    assert found["next"] == f"{AGAIN} continues, ./invoke abort {WHICH} goes back"


def test_how_it_goes_on_names_what_the_hosts_have_on_record() -> None:
    """Without `--keep` and `--limit` it would remove more, and on more hosts, than was asked."""
    acquired = _begun(adopted={**record(), "keeps_web": True})
    plain = plain_host("app-3")
    back = f"./invoke rollback {WHICH} --limit=app-1,app-2"
    following = f"{AGAIN} --keep --limit=app-1,app-2 continues, {back} goes back"
    found = left_in(request("status"), {**acquired, "app-3": plain})
    assert found is not None
    assert found["next"] == following
    refusal = decide(request(), {**acquired, "app-3": plain}).refusal
    assert refusal is not None
    assert refusal.problems[0]["next"] == following


def test_web_containers_that_are_to_stay_do() -> None:
    asked = adopting(reads_only=True, adopt={"project": "shop", "keep": True})
    acquired = plain_fleet()
    shown = preview(decide(asked, acquired), asked, acquired)
    assert shown["adoption"][0]["containers"][0]["becomes"] == "runs on, and stays"


def test_the_release_runs_what_the_file_says(tmp_path: Path) -> None:
    """Jobs, disk and all other gates are those of a deploy."""
    asked = adopting()
    acquired = plain_fleet(facts={"disk_free_bytes": 1})
    run = Run(tmp_path, asked, acquired)
    assert run.plan.refusal is not None
    assert {one["where"] for one in run.plan.refusal.problems} == {"disk"}
    job = {"name": "migrate", "when": "before_traffic", "idempotent": False}
    planned = decide(adopting(manifest=adoptable(jobs=[job])), plain_fleet())
    assert [one.host for one in planned.jobs] == ["app-1"]
