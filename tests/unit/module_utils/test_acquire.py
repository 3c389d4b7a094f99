from __future__ import annotations

from typing import Any

import pytest
from ansible.module_utils.rollway.listening import Socket

from tests.unit.module_utils.fakes import FakeHost, a_run, image_of

WEB = [{"name": "api", "replicas": 2}]


def test_reading_an_unknown_application_writes_nothing_and_proposes_ports(host: FakeHost) -> None:
    result = host.step("acquire", mode="read", services=WEB)
    assert (result["ok"], result["changed"], result["outcome"]) == (True, False, "read")
    assert result["ports"] == {"api": {"blue": [20000, 20001], "green": [20002, 20003]}}
    assert (result["generation"], result["state"]["active"], result["lock"]) == (0, None, None)
    assert not host.root.exists()


@pytest.mark.parametrize("kind", ["app", "edge"])
def test_every_host_tells_what_its_clock_says(host: FakeHost, kind: str) -> None:
    assert host.step("acquire", kind=kind)["facts"]["wall"] == host.clock.wall()


def test_check_mode_reads_even_when_asked_for_the_lock(host: FakeHost) -> None:
    result = host.step("acquire", check=True, services=WEB)
    assert (result["ok"], result["changed"], result["outcome"]) == (True, False, "read")
    assert not host.root.exists()


def test_taking_the_lock_raises_the_generation_and_reserves_ports(host: FakeHost) -> None:
    first = host.step("acquire", services=WEB)
    assert (first["outcome"], first["generation"], first["changed"]) == ("acquired", 1, True)
    assert first["lock"]["owner"] == "ana@laptop"
    again = host.step("acquire", services=WEB)
    assert (again["generation"], again["ports"]) == (2, first["ports"])


def test_an_edge_that_cannot_say_what_it_serves_is_not_locked(host: FakeHost) -> None:
    host.step("acquire", kind="edge")
    host.step("conclude", kind="edge", outcome="aborted")
    result = host.step("acquire", kind="edge", reads_edge=True)  # there is no HAProxy here
    assert (result["ok"], result["changed"]) == (False, False)
    assert result["problem"] == result["edge"]["problem"]
    assert not (host.root / "iris/lock.json").exists()


def test_a_host_locked_by_another_run_names_it(host: FakeHost) -> None:
    host.step("acquire", run=a_run("theirs"))
    result = host.step("acquire", run=a_run("ours", machine_id="ci"))
    assert (result["ok"], result["outcome"]) == (False, "locked")
    assert result["lock"]["id"] == "theirs"
    assert result["problem"]["found"] == (
        "locked by deploy by ana@laptop since 2026-01-31T12:00:00Z (run theirs); whether it is at "
        "work, only laptop knows"
    )


def test_reading_says_whether_the_lock_would_refuse_the_run(host: FakeHost) -> None:
    assert host.step("acquire", mode="read")["would_refuse"] is None
    host.step("acquire", run=a_run("theirs"))
    found = host.step("acquire", mode="read", run=a_run("ours", machine_id="ci"))
    assert (found["ok"], found["lock"]["id"]) == (True, "theirs")
    assert found["would_refuse"]["found"] == (
        "locked by deploy by ana@laptop since 2026-01-31T12:00:00Z (run theirs); whether it is at "
        "work, only laptop knows"
    )
    assert host.step("acquire", mode="read", run=a_run("theirs"))["would_refuse"] is None


def test_reading_says_that_a_dead_holder_refuses_nobody(host: FakeHost) -> None:
    host.step("acquire", run=a_run("theirs"))
    alive = {"scan_ticks": 200, "processes": []}
    ours = a_run("ours", pid=9, start_ticks=150)
    assert host.step("acquire", mode="read", run=ours, alive=alive)["would_refuse"] is None


def test_a_dead_holder_is_taken_over_in_the_same_call(host: FakeHost) -> None:
    host.step("acquire", run=a_run("theirs"))
    alive = {"scan_ticks": 200, "processes": [[9, 150]]}
    result = host.step("acquire", run=a_run("ours", pid=9, start_ticks=150), alive=alive)
    assert (result["outcome"], result["generation"]) == ("acquired", 2)
    assert result["taken_over"]["id"] == "theirs"


TOO_OLD: list[Any] = [
    pytest.param(
        {"server_version": "20.10.24+dfsg1"},
        {
            "where": "Docker Engine",
            "found": "found 20.10.24+dfsg1",
            "accepted": "25.0 or newer (Debian 13, Ubuntu 24.04, or Docker's own packages)",
            "next": "./invoke provision",
        },
        id="Debian 12's engine",
    ),
    pytest.param(
        {"compose_version": "2.24.3"},
        {
            "where": "Docker Compose",
            "found": "found 2.24.3",
            "accepted": "2.24.4 or newer (Debian 13, Ubuntu 24.04, or Docker's own packages)",
            "next": "./invoke provision",
        },
        id="a Compose one patch too old",
    ),
    pytest.param(
        {"compose_version": ""},
        {
            "where": "Docker Compose",
            "found": "not found",
            "accepted": "2.24.4 or newer (Debian 13, Ubuntu 24.04, or Docker's own packages)",
            "next": "./invoke provision",
        },
        id="no Compose at all",
    ),
]


@pytest.mark.parametrize(("versions", "problem"), TOO_OLD)
def test_a_host_below_the_minimum_is_refused_and_left_alone(
    host: FakeHost, versions: dict[str, str], problem: dict[str, str]
) -> None:
    for name, value in versions.items():
        setattr(host.engine if hasattr(host.engine, name) else host, name, value)
    result = host.step("acquire")
    assert (result["ok"], result["problem"]) == (False, problem)
    assert not host.root.exists()


@pytest.mark.parametrize("version", ["25.0.0", "26.1.5+dfsg1", "29.1"])
def test_a_newer_engine_is_taken(host: FakeHost, version: str) -> None:
    host.engine.server_version = version
    assert host.step("acquire")["ok"]


def test_the_facts_a_plan_needs_are_there(host: FakeHost) -> None:
    facts = host.step("acquire", mode="read")["facts"]
    assert (facts["engine"], facts["compose"]) == ("26.1.5", "2.26.1-4")
    for name in ("memory_available_bytes", "memory_total_bytes", "disk_free_bytes"):
        assert facts[name] > 0


def test_an_edge_needs_no_engine(host: FakeHost) -> None:
    host.compose_version = ""
    taken = host.step("acquire", kind="edge")
    assert (taken["ok"], taken["outcome"], taken["ports"]) == (True, "acquired", {})
    end = {"outcome": "good", "record": {"edge": True}}
    result = host.step("conclude", kind="edge", generation=taken["generation"], **end)
    assert (result["ok"], result["generation"]) == (True, 2)
    assert host.step("acquire", kind="edge", run=a_run("next"))["ok"]


def test_what_stands_on_the_host_is_told_by_slot(host: FakeHost) -> None:
    host.deploy("1-1.0.0", "blue")
    asked = [image_of("1-1.0.0"), image_of("2-1.1.0")]
    result = host.step("acquire", mode="read", images=asked, release_id="1-1.0.0")
    assert result["images_present"] == [image_of("1-1.0.0")]
    assert [(one["service"], one["health"]) for one in result["containers"]["blue"]] == [
        ("api-1", "healthy"),
        ("mail-1", "healthy"),
    ]
    assert result["containers"]["green"] == []
    assert result["manifest"]["id"] == "1-1.0.0"


def test_what_ended_by_itself_is_told_of_the_slot_that_serves(host: FakeHost) -> None:
    host.deploy("1-1.0.0", "blue")
    crashed = host.engine.here["iris-blue-api-1-1"]
    crashed["RestartCount"] = 7
    crashed["State"].update({"Status": "restarting", "ExitCode": 3})
    found = host.step("acquire", mode="read")["containers"]["blue"]
    told = [(one["restarts"], one["exit_code"], one["oom"], one["state"]) for one in found]
    assert told == [(7, 3, False, "restarting"), (0, 0, False, "running")]
    taken = host.step("acquire")["containers"]["blue"]
    assert "restarts" not in taken[0]


def test_files_and_texts_with_values_stay_on_the_host(host: FakeHost) -> None:
    host.deploy("1-1.0.0", "blue")
    kept = host.step("acquire", mode="read")["manifests"]["1-1.0.0"]
    assert kept["http"]["service"] == "api"
    assert not {"files", "compose", "accessories"} & set(kept)


def test_ports_in_use_are_passed_over(host: FakeHost) -> None:
    host.connections["self"] = [Socket(20000, "0.0.0.0", "0A"), Socket(20002, "192.0.2.1", "01")]
    result = host.step("acquire", services=[{"name": "api", "replicas": 1}])
    assert result["ports"] == {"api": {"blue": [20001], "green": [20002]}}


def test_ports_never_shrink_and_are_never_another_application_s(host: FakeHost) -> None:
    first = host.step("acquire", services=WEB)["ports"]
    host.step("acquire", app="other", services=WEB)
    fewer = host.step("acquire", services=[{"name": "api", "replicas": 1}])["ports"]
    assert fewer == first
    more = host.step("acquire", services=[{"name": "api", "replicas": 3}])["ports"]
    assert more == {"api": {"blue": [20000, 20001, 20008], "green": [20002, 20003, 20009]}}


def test_a_service_without_replicas_is_refused(host: FakeHost) -> None:
    result = host.step("acquire", services=[{"name": "api", "replicas": 0}])
    assert result["problem"]["where"] == "services/api/replicas"


def test_a_host_with_a_spoiled_release_refuses_before_it_is_locked(host: FakeHost) -> None:
    host.deploy("1-1.0.0", "blue")
    path = host.root / "iris/releases/1-1.0.0/release.json"
    path.write_text("{")
    before = host.state()
    assert host.step("acquire")["problem"]["where"] == str(path)
    assert (host.state(), (host.root / "iris/lock.json").exists()) == (before, False)


def _publishing(
    monkeypatch: pytest.MonkeyPatch, host: FakeHost, project: str, address: str = "192.0.2.11"
) -> None:
    listed = host.engine.containers

    def containers(wanted: str | None = None) -> list[dict[str, Any]]:
        item = {"Names": [f"/{project}-db-1"], "State": "running", "Image": "db", "Status": "Up"}
        labels = {"com.docker.compose.project": project}
        ports = [{"IP": address, "PublicPort": 5432}]
        return [*listed(wanted), {**item, "Id": "db", "Labels": labels, "Ports": ports}]

    monkeypatch.setattr(host.engine, "containers", containers)


@pytest.mark.parametrize("mode", ["lock", "read"])
def test_an_accessory_s_port_that_another_application_has_is_refused_before_any_change(
    host: FakeHost, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _publishing(monkeypatch, host, "other-accessories")
    problem = host.step("acquire", mode=mode, claims=[5432])["problem"]
    assert problem["where"] == "x-rollway/services: the accessory at port 5432"
    assert problem["found"] == "5432 is published by the container other-accessories-db-1"
    assert not (host.root / "iris").exists()


def test_so_is_one_that_is_kept_for_a_web_service(host: FakeHost) -> None:
    host.step("acquire", app="other", services=[{"name": "api", "replicas": 1}])
    problem = host.step("acquire", claims=[20001])["problem"]
    assert problem["found"] == "20001 is a port of other, kept for its service api"


@pytest.mark.parametrize(
    ("project", "address"),
    [("iris-accessories", "192.0.2.11"), ("other-accessories", "127.0.0.1")],
    ids=["its own", "one of the loopback"],
)
def test_a_port_that_is_no_other_s_is_taken(
    host: FakeHost, project: str, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _publishing(monkeypatch, host, project, address)
    assert host.step("acquire", claims=[5432])["ok"]


def test_a_port_of_the_plain_project_itself_does_not_refuse_its_adoption(
    host: FakeHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    _publishing(monkeypatch, host, "shop")
    assert host.step("acquire", mode="read", claims=[5432], adopt={"project": "shop"})["ok"]
    for adopt in (None, {"project": "other"}):
        problem = host.step("acquire", mode="read", claims=[5432], adopt=adopt)["problem"]
        assert problem["found"] == "5432 is published by the container shop-db-1"


def test_a_container_that_is_going_away_has_no_name(
    host: FakeHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = {"Id": "f00", "Names": None, "Labels": None, "Ports": [{"PublicPort": 5432}]}
    monkeypatch.setattr(host.engine, "containers", lambda *_: [gone])
    problem = host.step("acquire", claims=[5432])["problem"]
    assert problem["found"] == "5432 is published by the container f00"
