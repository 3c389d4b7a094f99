"""The release that serves on one host, made anew with another number of replicas."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.module_utils.rollway import acquire

from rollway.rollout.calls import acquire_calls, stage_call
from rollway.rollout.journal import Event
from rollway.rollout.planning import decide
from tests.unit.module_utils.fakes import FakeHost, a_manifest, a_run
from tests.unit.rollout.fleet_fixtures import acquired_edge, fleet, request

FIRST, SECOND = "1-1.0.0", "2-1.0.0"
TEXT = """services:
  api-1:
    image: "x"
    ports:
    - host_ip: "${ROLLWAY_ADDRESS}"
      published: "${ROLLWAY_PORT_API_1}"
  mail-1:
    depends_on:
      api-1:
        condition: "service_started"
    image: "x"
"""
ASKED = {"service": "api", "replicas": 2}
RUN = a_run("more")


def _serve(host: FakeHost, manifest: dict[str, Any]) -> None:
    acquired = host.step("acquire", services=[{"name": "api", "replicas": 1}])
    common = {"generation": acquired["generation"], "slot": "blue"}
    end = {"release_id": FIRST, "outcome": "good", "active_slot": "blue"}
    for step, told in (
        ("stage", {"manifest": manifest, "then_start": True}),
        ("switch", {"release_id": FIRST}),
        ("conclude", end),
    ):
        assert host.step(step, **common, **told)["ok"]


@pytest.fixture
def serving(host: FakeHost) -> FakeHost:
    """A host that serves the first release."""
    _serve(host, a_manifest(FIRST, compose=TEXT))
    return host


def _acquire(host: FakeHost, asked: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return host.step("acquire", run=RUN, scale=asked, **changes)


def _staged(host: FakeHost, **changes: Any) -> dict[str, Any]:
    """The second release, made of the first and started in the other slot."""
    acquired = _acquire(host, ASKED)
    made = acquired["scaled"][FIRST]["release"]
    common = {"run": RUN, "generation": acquired["generation"], "slot": "green"}
    asked = {**ASKED, "release": FIRST, "hash": made["hash"], **changes}
    return host.step("stage", **common, scale=asked, release_id=SECOND, then_start=True)


def test_acquire_says_what_the_release_becomes_and_no_text_of_it(serving: FakeHost) -> None:
    acquired = _acquire(serving, ASKED)
    one = acquired["scaled"][FIRST]
    (api, mail) = one["release"]["services"]
    assert (one["kind"], api["replicas"], api["containers"]) == ("web", 2, ["api-1", "api-2"])
    assert mail["replicas"] == 1
    assert not {"compose", "files", "accessories"} & one["release"].keys()
    assert one["release"]["hash"] != acquired["manifests"][FIRST]["hash"]


def test_acquire_reserves_the_ports_that_more_replicas_need(serving: FakeHost) -> None:
    assert _acquire(serving, ASKED, mode="read")["ports"]["api"]["blue"] == [20000, 20002]
    assert _acquire(serving, ASKED)["ports"] == {
        "api": {"blue": [20000, 20002], "green": [20001, 20003]}
    }


@pytest.mark.parametrize(("service", "kind"), [("mail", "worker"), ("nothing", None)])
def test_what_the_edge_sends_nothing_to_gets_no_port(
    serving: FakeHost, service: str, kind: str | None
) -> None:
    acquired = _acquire(serving, {"service": service, "replicas": 3})
    assert acquired["scaled"][FIRST]["kind"] == kind
    assert acquired["ports"] == {"api": {"blue": [20000], "green": [20001]}}


MEASURED = [(333, False), (334, True)]


@pytest.mark.parametrize(("promised", "is_measured"), MEASURED)
def test_acquire_measures_what_slots_use_where_more_replicas_do_not_fit_beside_them(
    host: FakeHost, monkeypatch: pytest.MonkeyPatch, promised: int, is_measured: bool
) -> None:
    """Two come up beside one, of a release that itself fits twice."""
    (web, worker) = a_manifest(FIRST)["services"]
    _serve(
        host, a_manifest(FIRST, compose=TEXT, services=[{**web, "memory_bytes": promised}, worker])
    )
    monkeypatch.setattr(
        acquire, "app_host_facts", lambda _, **_asked: {"memory_available_bytes": 1000}
    )
    facts = _acquire(host, ASKED, mode="read")["facts"]
    assert ("memory_used_bytes" in facts) is is_measured


def test_nothing_is_asked_of_a_host_without_a_release(host: FakeHost) -> None:
    assert _acquire(host, ASKED)["scaled"] == {}


def test_a_number_that_is_none_changes_nothing(serving: FakeHost) -> None:
    before = serving.state()
    refused = _acquire(serving, {"service": "api", "replicas": 0})
    assert (refused["ok"], refused["problem"]["where"]) == (False, "services/api/replicas")
    assert serving.state() == before


def test_stage_makes_it_without_the_registry_and_starts_every_replica(serving: FakeHost) -> None:
    staged = _staged(serving)
    assert (staged["ok"], staged["pulled"]) == (True, [])
    assert serving.slots() == {"blue": (FIRST, "running"), "green": (SECOND, "running")}
    assert serving.running() == [
        *("iris-blue-api-1-1", "iris-blue-mail-1-1"),
        *("iris-green-api-1-1", "iris-green-api-2-1"),
    ]
    values = (serving.root / "iris/slots/green.env").read_text().splitlines()
    assert {"ROLLWAY_PORT_API_1=20001", "ROLLWAY_PORT_API_2=20003"} <= {*values}


def test_what_the_controller_plans_is_what_the_host_makes(serving: FakeHost) -> None:
    asked = request("scale", app_hosts=["app-1"], service="api", replicas=2, run=RUN)
    (look,) = acquire_calls(asked, "app-1", reads_only=False)
    answer = Event("acquire", "app-1", result=serving.step(**look.arguments))
    plan = decide(asked, fleet(answer, acquired_edge(("app-1", "blue"))))
    assert (plan.refusal, plan.release_id) == (None, SECOND)
    staged = serving.step(**stage_call(plan, plan.hosts["app-1"], None).arguments)
    assert (staged["ok"], staged["problem"]) == (True, None)
    assert serving.state()["releases"][SECOND]["hash"] == plan.release["hash"]


def test_it_is_kept_whole_and_as_it_was_made(serving: FakeHost) -> None:
    _staged(serving)
    folder = serving.root / f"iris/releases/{SECOND}"
    text = (folder / "compose.yml").read_text()
    assert text.count("published: ") == 2
    assert text.count("      api-2:\n        condition:") == 1
    assert (folder / "files/conf/app.yml").read_text() == "answer: 42\n"
    recorded = serving.state()["releases"][SECOND]
    assert (recorded["version"], recorded["commit"]) == ("1.0.0", "c0ffee")
    assert recorded["created"] == RUN["started"]
    found = serving.step("drift")["findings"]
    assert [one for one in found if one["kind"] == "file"] == []


def test_a_second_time_there_is_nothing_to_do(serving: FakeHost) -> None:
    _staged(serving)
    ups = serving.engine.log.count("up iris-green-api-2-1")
    again = _staged(serving)
    assert (again["ok"], again["pulled"]) == (True, [])
    assert serving.engine.log.count("up iris-green-api-2-1") == ups


def test_another_release_than_the_planned_one_is_not_written(serving: FakeHost) -> None:
    refused = _staged(serving, hash="0" * 64)
    assert refused["problem"]["accepted"] == "hash 000000000000, as it was planned"
    assert not (serving.root / f"iris/releases/{SECOND}").exists()


def test_a_release_that_is_gone_is_named(serving: FakeHost) -> None:
    refused = _staged(serving, release="7-x")
    assert refused["problem"]["found"] == "this release is not on the host"


def test_check_mode_makes_nothing(serving: FakeHost) -> None:
    acquired = _acquire(serving, ASKED)
    asked = {**ASKED, "release": FIRST, "hash": acquired["scaled"][FIRST]["release"]["hash"]}
    common = {"run": RUN, "generation": acquired["generation"], "slot": "green"}
    told = serving.step("stage", **common, scale=asked, release_id=SECOND, check=True)
    assert (told["ok"], told["changed"]) == (True, True)
    assert not (serving.root / f"iris/releases/{SECOND}").exists()
