"""The steps one after another on one host, as a run takes them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.rollway.engine import EngineProblem

from tests.unit.module_utils.fake_engine import container
from tests.unit.module_utils.fakes import FakeHost, a_manifest, a_run, connection, image_of
from tests.unit.module_utils.steps_fixtures import FIRST, SECOND, THIRD, WEB, begin


def test_a_first_deploy_makes_the_release_serve_from_its_slot(host: FakeHost) -> None:
    host.deploy(FIRST, "blue")
    state = host.state()
    assert host.slots() == {"blue": (FIRST, "running"), "green": (None, "empty")}
    assert (state["active"], state["last_good"], state["phase"]) == ("blue", FIRST, None)
    assert state["releases"][FIRST]["outcome"] == "good"
    assert host.running() == ["iris-blue-api-1-1", "iris-blue-mail-1-1"]
    assert not (host.root / "iris/lock.json").exists()


def test_the_next_deploy_keeps_the_old_slot_warm_and_stops_its_workers(host: FakeHost) -> None:
    host.deploy(FIRST, "blue")
    host.deploy(SECOND, "green", old="blue")
    assert host.slots() == {"blue": (FIRST, "warm"), "green": (SECOND, "running")}
    assert host.running() == [
        "iris-blue-api-1-1",
        "iris-green-api-1-1",
        "iris-green-mail-1-1",
    ]
    assert [argv for argv in host.commands if argv[0] == "systemd-run"] == [
        [
            *("systemd-run", "--quiet", "--collect", "--unit=rollway-reap-iris-blue"),
            *("--on-active=300s", "--timer-property=AccuracySec=1s", "--"),
            *(str(host.root.parent / "rollway-host"), "reap", "--app", "iris", "--slot", "blue"),
        ]
    ]


def test_a_worker_that_would_return_with_the_engine_is_kept_stopped(host: FakeHost) -> None:
    host.deploy(FIRST, "blue")
    host.deploy(SECOND, "green", old="blue")
    worker = "iris-blue-mail-1-1"
    log = host.engine.log
    assert log.index(f"keep stopped {worker}") < log.index(f"stop {worker} within 5")


def test_a_third_deploy_reuses_the_first_slot_and_its_ports(host: FakeHost) -> None:
    host.deploy(FIRST, "blue")
    host.deploy(SECOND, "green", old="blue")
    host.deploy(THIRD, "blue", old="green")
    assert host.slots() == {"blue": (THIRD, "running"), "green": (SECOND, "warm")}
    env = (host.root / "iris/slots/blue.env").read_text()
    assert "ROLLWAY_PORT_API_1=20000\n" in env


def test_a_slot_that_is_filled_again_keeps_its_networks(host: FakeHost) -> None:
    host.deploy(FIRST, "blue")
    host.deploy(SECOND, "green", old="blue")
    host.deploy(THIRD, "blue", old="green")
    assert not [line for line in host.engine.log if line.startswith("remove network")]


def test_a_network_whose_definition_changed_is_made_anew(host: FakeHost) -> None:
    host.deploy(FIRST, "blue")
    host.deploy(SECOND, "green", old="blue")
    acquired = host.step("acquire", services=WEB)
    changed = a_manifest(THIRD, compose="services: {}\nnetworks:\n  back: {internal: true}\n")
    common = {"generation": acquired["generation"], "slot": "blue"}
    assert host.step("stage", **common, manifest=changed, then_start=True)["ok"]
    assert "remove network iris-blue_default" in host.engine.log


def test_compose_gets_the_web_services_alone_and_never_pulls(host: FakeHost) -> None:
    begin(host, FIRST, "blue")
    up = next(argv for argv in host.commands if "up" in argv)
    assert up[up.index("up") :] == [
        *("up", "--detach", "--no-build", "--pull", "never", "--no-deps", "--", "api-1"),
    ]


def test_the_values_of_a_slot_are_root_s_alone(host: FakeHost) -> None:
    begin(host, FIRST, "blue")
    path = host.root / "iris/slots/blue.env"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.read_text().splitlines() == [
        "ROLLWAY_ADDRESS=192.0.2.11",
        f"ROLLWAY_FILES={host.root}/iris/releases/{FIRST}/files",
        "ROLLWAY_HOST=app-1",
        "ROLLWAY_PORT_API_1=20000",
        f"ROLLWAY_RELEASE={FIRST}",
        "ROLLWAY_SLOT=blue",
    ]


def test_staging_and_starting_a_second_time_changes_nothing(host: FakeHost) -> None:
    common = begin(host, FIRST, "blue")
    common.pop("staged")
    again = host.step("stage", **common, manifest=a_manifest(FIRST), then_start=True)
    assert (again["ok"], again["changed"]) == (True, False)


def test_a_slot_left_starting_by_a_killed_run_is_started_again(host: FakeHost) -> None:
    host.deploy(FIRST, "blue")
    begin(host, SECOND, "green")
    path = host.root / "iris/state.json"
    _rewrite_slot(path, "green", "starting")
    leftover = "0123456789ab_iris-green-api-1-1"  # what a killed `up` leaves
    host.engine.here[leftover] = container(leftover, "iris-green", "api-1")
    dead = {"scan_ticks": 200, "processes": []}
    acquired = host.step("acquire", run=a_run("run-y"), services=WEB, alive=dead)
    common = {"run": a_run("run-y"), "generation": acquired["generation"], "slot": "green"}
    result = host.step("start", **common, release_id=SECOND)
    assert (result["ok"], result["changed"]) == (True, True)
    assert f"remove {leftover}" in host.engine.log
    assert host.running() == ["iris-blue-api-1-1", "iris-blue-mail-1-1", "iris-green-api-1-1"]


NOT_READY: list[Any] = [
    pytest.param({"health": "unhealthy"}, "is unhealthy", id="its health check fails"),
    pytest.param(
        {"state": "exited", "exit_code": 3}, "ended with exit code 3", id="it ends at once"
    ),
    pytest.param(
        {"restarts": 1, "state": "restarting", "exit_code": 1},
        "restarted 1 times, last exit code 1",
        id="it crashes in a loop",
    ),
    pytest.param({"oom": True}, "was killed: out of memory", id="it takes too much memory"),
    pytest.param({"health": "starting"}, "its health is starting", id="it never gets healthy"),
]


@pytest.mark.parametrize(("comes_up", "found"), NOT_READY)
def test_what_does_not_get_ready_is_removed_and_the_old_release_serves(
    host: FakeHost, comes_up: dict[str, Any], found: str
) -> None:
    host.deploy(FIRST, "blue")
    host.comes_up = {"api-1": comes_up}
    staged = begin(host, SECOND, "green")["staged"]
    assert staged["ok"] is False
    assert staged["problem"]["where"] == "iris-green/api-1"
    assert staged["problem"]["found"].endswith(f" s: {found}")
    assert staged["containers"][0]["log_tail"] == ["iris-green-api-1-1 said 20"]
    assert host.slots() == {"blue": (FIRST, "running"), "green": (None, "empty")}
    assert host.running() == ["iris-blue-api-1-1", "iris-blue-mail-1-1"]


def test_what_compose_says_when_up_fails_is_in_the_problem(host: FakeHost) -> None:
    host.up_fails = "Error response from daemon: port is already allocated\n"
    staged = begin(host, FIRST, "blue")["staged"]
    assert staged["problem"]["where"] == "iris-blue: docker compose up"
    assert staged["problem"]["found"] == (
        "exit code 1: Error response from daemon: port is already allocated"
    )


def test_a_release_that_answers_too_late_fails_at_its_deadline(host: FakeHost) -> None:
    host.answers = lambda _address, _port, path: f"GET {path}: status 503"
    staged = begin(host, FIRST, "blue")["staged"]
    assert staged["problem"]["found"] == "not ready after 10.0 s: GET /ready: status 503"


def test_connections_are_waited_for_before_the_warm_slot_is_reused(host: FakeHost) -> None:
    host.deploy(FIRST, "blue")
    host.deploy(SECOND, "green", old="blue")
    host.connections[100] = [connection()]
    host.clock.after(12, host.connections.clear)
    began = host.clock.now
    staged = begin(host, THIRD, "blue")["staged"]
    assert staged["cut"] == {}
    assert 12 <= host.clock.now - began < 13


def test_what_is_connected_after_the_drain_is_counted_and_cut(host: FakeHost) -> None:
    host.deploy(FIRST, "blue")
    host.deploy(SECOND, "green", old="blue")
    host.clock.sleep(20)  # since the traffic left
    host.connections[100] = [connection(), connection()]
    began = host.clock.now
    staged = begin(host, THIRD, "blue")["staged"]
    assert staged["cut"] == {"iris-blue-api-1-1": 2}
    assert 9 < host.clock.now - began < 11


def test_a_release_never_starts_in_the_slot_that_serves_another(host: FakeHost) -> None:
    host.deploy(FIRST, "blue")
    staged = begin(host, SECOND, "blue")["staged"]
    assert staged["problem"]["found"] == f"this slot serves release {FIRST}"
    assert host.running() == ["iris-blue-api-1-1", "iris-blue-mail-1-1"]


def test_going_back_to_a_warm_slot_takes_no_start(host: FakeHost) -> None:
    host.deploy(FIRST, "blue")
    host.deploy(SECOND, "green", old="blue")
    ups = host.engine.log.count("up iris-blue-api-1-1")
    acquired = host.step("acquire", run=a_run("back"), services=WEB)
    common = {"run": a_run("back"), "generation": acquired["generation"], "slot": "blue"}
    assert host.step("start", **common, release_id=FIRST)["changed"] is True
    assert host.step("switch", **common, release_id=FIRST, old_slot="green")["ok"]
    end = {"outcome": "good", "active_slot": "blue", "voids": [SECOND]}
    assert host.step("conclude", **common, release_id=FIRST, **end)["ok"]
    assert host.engine.log.count("up iris-blue-api-1-1") == ups
    assert host.slots() == {"blue": (FIRST, "running"), "green": (SECOND, "warm")}
    assert host.state()["releases"][SECOND]["outcome"] == "voided"
    assert "iris-blue-mail-1-1" in host.running()
    assert "iris-green-mail-1-1" not in host.running()


def test_a_pull_is_tried_again_while_the_registry_is_busy(host: FakeHost) -> None:
    host.engine.pull_errors = [EngineProblem("image", "toomanyrequests: 429")]
    auth = {"serveraddress": "registry.example:5000", "username": "ro", "password": "pw"}
    acquired = host.step("acquire")
    result = host.step(
        "stage",
        generation=acquired["generation"],
        manifest=a_manifest(FIRST),
        registry_auth=auth,
    )
    assert result["ok"]
    assert host.engine.log == [f"pull {image_of(FIRST)} as ro"] * 2


PULLS: list[Any] = [
    pytest.param(
        EngineProblem("image", "manifest unknown"),
        "cannot be pulled: manifest unknown",
        id="an image the registry does not have is asked for once",
    ),
    pytest.param(
        EngineProblem("image", "unauthorized: authentication required"),
        "cannot be pulled: unauthorized: authentication required",
        id="a login that is refused is tried once",
    ),
]


@pytest.mark.parametrize(("error", "found"), PULLS)
def test_what_cannot_be_pulled_is_named(host: FakeHost, error: EngineProblem, found: str) -> None:
    host.engine.pull_errors = [error]
    acquired = host.step("acquire")
    result = host.step("stage", generation=acquired["generation"], manifest=a_manifest(FIRST))
    assert result["problem"]["found"] == found


def test_a_login_is_sent_to_its_own_registry_only(host: FakeHost) -> None:
    auth = {"serveraddress": "elsewhere.example", "username": "ro", "password": "pw"}
    acquired = host.step("acquire")
    host.step(
        "stage", generation=acquired["generation"], manifest=a_manifest(FIRST), registry_auth=auth
    )
    assert host.engine.log == [f"pull {image_of(FIRST)} as nobody"]


def _rewrite_slot(path: Path, slot: str, state: str) -> None:
    from ansible.module_utils.rollway.sealed import read_sealed, write_sealed

    content = read_sealed(path)
    assert content is not None
    content["slots"][slot]["state"] = state
    write_sealed(path, content)
