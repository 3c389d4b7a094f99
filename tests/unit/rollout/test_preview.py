"""The plan as data, and when a saved one is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rollway import exits
from rollway.report.plan_table import plan_lines
from rollway.rollout.calls import acquire_calls
from rollway.rollout.planning import decide
from rollway.rollout.preview import preview, seal
from tests.unit.rollout.fleet_fixtures import manifest, request, steady_fleet


def _sealed(**changes: Any) -> dict[str, Any]:
    asked, acquired = request(reads_only=True, **changes), steady_fleet()
    return seal(decide(asked, acquired), asked, acquired)


def _locked() -> dict[str, Any]:
    """The same fleet as a run that holds the lock sees it."""
    acquired = steady_fleet()
    for event in acquired.values():
        event.result["generation"] += 1
    return acquired


def test_a_plan_says_what_becomes_of_every_service() -> None:
    asked, acquired = request(reads_only=True), steady_fleet()
    found = preview(decide(asked, acquired), asked, acquired)
    assert [(one["host"], one["wave"], one["action"], one["slot"]) for one in found["hosts"]] == [
        ("app-1", 1, "start", "green"),
        ("app-2", 2, "start", "green"),
        ("app-3", 3, "start", "green"),
    ]
    assert found["hosts"][0]["services"] == [
        {
            "service": "api",
            "class": "web",
            "replicas": 1,
            "replicas_before": 1,
            "scaled_before": None,
            "action": "replace",
            "order": "start-first",
            "image_before": "registry/iris@sha256:a",
            "image": "registry/iris@sha256:b",
        }
    ]


def test_a_plan_holds_nothing_of_the_texts_and_files_of_a_release(tmp_path: Path) -> None:
    texts = {"compose": "a: hunter2", "accessories": {"compose": "b: hunter2"}}
    asked = request(reads_only=True, manifest=manifest("b", **texts, files=[{"c": "hunter2"}]))
    acquired = steady_fleet()
    plan = decide(asked, acquired)
    plan.save(tmp_path)
    saved = (tmp_path / "plan.json").read_text(encoding="utf-8")
    assert "hunter2" not in saved + json.dumps(preview(plan, asked, acquired))


CHANGES = [
    (("changed", '"info"', '"debug"'), 'api-1: A "info" → "debug"'),
    (("changed", "(hidden)", "(hidden)"), "api-1: A changed: (hidden)"),
    (("added", None, "(hidden)"), "api-1: A added: (hidden)"),
    (("removed", '"x"', None), 'api-1: A removed: "x"'),
]


@pytest.mark.parametrize(("change", "line"), CHANGES, ids=[case[1] for case in CHANGES])
def test_a_variable_that_changes_has_a_line(change: tuple[str, ...], line: str) -> None:
    asked, acquired = request(reads_only=True), steady_fleet()
    one = dict(zip(("change", "before", "after"), change, strict=True))
    environment = [{"service": "api-1", "name": "A", **one}]
    acquired["app-1"].result["differences"] = {"environment": environment, "files": []}
    found = preview(decide(asked, acquired), asked, acquired)
    assert f"app-1: {line}" in plan_lines(found, with_diff=False)


def test_a_grace_shorter_than_the_drain_is_a_warning() -> None:
    service = {"name": "api", "class": "web", "replicas": 1, "port": 8000, "stop_grace_seconds": 10}
    asked = request(reads_only=True, manifest=manifest("b", services=[service]))
    acquired = steady_fleet()
    (warning,) = preview(decide(asked, acquired), asked, acquired)["warnings"]
    assert warning == (
        "services/api/stop_grace_period: 10 s is shorter than drain_seconds, 30 s: when a host or "
        "its engine restarts, requests have only 10 s to end"
    )


def test_a_host_without_room_for_both_is_announced_with_its_reason() -> None:
    service = {"name": "api", "class": "web", "replicas": 2, "port": 1, "memory_bytes": 2**30}
    asked = request(reads_only=True, manifest=manifest("b", services=[service]))
    acquired = steady_fleet()
    acquired["app-2"].result["facts"] = {"memory_available_bytes": 2**30}
    found = preview(decide(asked, acquired), asked, acquired)
    assert [one["order"] for one in found["hosts"]] == ["start-first", "stop-first", "start-first"]
    assert found["hosts"][1]["services"][0]["order"] == "stop-first"
    assert (
        "app-2: stop-first, out of rotation in wave 2: "
        "2048 MiB are needed beside 1-a, 1024 MiB left"
    ) in plan_lines(found, with_diff=False)
    assert found["sealed"]["stop_first"] == ["app-2"]


LOCKED = "locked by deploy by ana@laptop since 2026-01-31T12:00:00Z (run theirs)"
HELD = "2-b is held by deploy by ana@laptop since 2026-01-31T12:00:00Z (run theirs)"
TAKE_OVER = (
    "wait for it; if it was killed, ./invoke abort {which} on laptop takes it over; "
    "if laptop is gone for good, ./invoke lock.release {which} --run=theirs"
)
WAIT = (
    "wait for it (--wait-lock=600); "
    "if laptop is gone for good, ./invoke lock.release {which} --run=theirs"
)
HOLDERS = [
    (
        {},
        LOCKED,
        WAIT,
    ),
    ({"release": "2-b"}, HELD, "./invoke promote {which}, or ./invoke abort {which}"),
    ({"release": "2-b", "decided_by": "run-9"}, HELD, TAKE_OVER),
]


@pytest.mark.parametrize(
    ("hold", "found", "following"), HOLDERS, ids=["a lock", "a hold", "a decision"]
)
def test_who_holds_the_application_is_a_warning(
    hold: dict[str, Any], found: str, following: str
) -> None:
    asked, acquired = request(reads_only=True), steady_fleet()
    for event in acquired.values():
        lock = {"id": "theirs", "owner": "ana@laptop"}
        event.result.update(hold=hold, lock=lock, would_refuse={"found": found})
    (warning,) = preview(decide(asked, acquired), asked, acquired)["warnings"]
    assert warning == (
        f"app-1, app-2, app-3, edge-1: {found}; until then a deploy is refused; "
        f"next: {following.format(which='--env=local --app=iris')}"
    )


def test_a_saved_plan_is_carried_out_where_nothing_has_moved() -> None:
    plan = decide(request(planned=_sealed()), _locked())
    assert plan.refusal is None
    assert plan.waves == [["app-1"], ["app-2"], ["app-3"]]


MOVED = [
    ({"manifest": manifest("b", hash="other")}, "the application's files, environment or images"),
    ({"app_hosts": ["app-1"], "outside": ["app-2", "app-3"]}, "the hosts"),
    ({"env": "other"}, "env: local then, other now"),
]


@pytest.mark.parametrize(("changes", "word"), MOVED, ids=[case[1] for case in MOVED])
def test_a_saved_plan_is_refused_when_something_moved(changes: dict[str, Any], word: str) -> None:
    plan = decide(request(planned=_sealed(), **changes), _locked())
    assert plan.refusal is not None
    assert plan.refusal.exit_code == exits.REFUSED
    assert word in plan.refusal.problems[0]["found"]
    assert (plan.waves, plan.hosts) == ([], {})


def test_a_saved_plan_is_refused_when_another_run_was_there() -> None:
    acquired = _locked()
    acquired["app-2"].result["generation"] += 2
    plan = decide(request(planned=_sealed()), acquired)
    assert plan.refusal is not None
    assert plan.refusal.problems[0]["found"] == (
        "changed since the plan was made: app-2: another run was there"
    )


def test_a_plan_says_which_accessory_is_made_anew_where_and_why() -> None:
    asked, acquired = request(reads_only=True), steady_fleet()
    anew = {"db": {"why": ["config db.conf", "network back"], "anew": True}}
    acquired["app-1"].result["accessories"] = {"": anew, "1-a": {}}
    new = {"cache": {"why": ["new", "does not run"], "anew": False}}
    for name in ("app-2", "app-3"):
        acquired[name].result["accessories"] = {"": new}
    found = preview(decide(asked, acquired), asked, acquired)
    lines = [line for line in plan_lines(found, with_diff=False) if line.startswith("accessory")]
    assert lines == [
        "accessory db: made anew on app-1: config db.conf, network back",
        "accessory cache: comes up on app-2, app-3",
    ]


def test_a_host_is_asked_of_accessories_where_a_plan_is_shown() -> None:
    asked = request(reads_only=True)
    (call,) = acquire_calls(asked, "app-1", reads_only=True)
    assert call.arguments["inventory_host"] == "app-1"
    assert call.arguments["address"] == asked.addresses["app-1"]
    (call,) = acquire_calls(request(), "app-1", reads_only=False)
    assert "inventory_host" not in call.arguments
