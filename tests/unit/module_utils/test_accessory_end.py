"""Accessories at the end of a run: which release they are of, and how long that may take."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.rollway.mutex import Work

from tests.unit.module_utils.fakes import FakeHost
from tests.unit.module_utils.test_accessory_work import FIRST, SECOND, THIRD, App


@pytest.fixture
def app(host: FakeHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> App:
    """The first release serves."""
    monkeypatch.setattr(os, "chown", lambda *_: None)
    made = App(host, tmp_path / "apps")
    assert made.stage(FIRST)["ok"]
    start = {"slot": "blue", "release_id": FIRST}
    assert host.step("start", **start, **generation(host))["ok"]
    assert end(host, FIRST, "good", serves="blue")["ok"]
    return made


def generation(host: FakeHost) -> dict[str, int]:
    return {"generation": host.state()["generation"]}


def end(host: FakeHost, release: str, outcome: str, *, serves: str) -> dict[str, Any]:
    """A run about a release ends; `serves` is the slot that requests go to."""
    how = {"release_id": release, "outcome": outcome, "active_slot": serves}
    return host.step("conclude", slot="green", **how, **generation(host))


def stage(app: App, release: str, content: str) -> None:
    """A release that changes the database comes to the host."""
    app.content["configs"]["conf"]["content"] = content
    staged = app.stage(release)
    assert staged["ok"], staged["problem"]


def test_making_them_anew_at_the_end_is_told_to_who_waits(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage(app, SECOND, "b")
    real, clock, left = app.host._up, app.host.clock, []

    def up(argv: list[str]) -> Any:
        work = Work.from_json(json.loads((app.host.root / "iris/mutex").read_text()))
        assert work is not None
        left.append(work.until.seconds_left(clock))
        return real(argv)

    monkeypatch.setattr(app.host, "_up", up)
    assert end(app.host, SECOND, "bad", serves="blue")["ok"]
    assert left == [pytest.approx(600 + 2 * (4 * 120 + 120), abs=5)]


def database(app: App) -> tuple[str | None, list[list[str]]]:
    """The release that the database is of, and how often it was made anew."""
    return app.host.state()["accessories_release"], [one for one in app.ups() if "anew" in one]


def test_a_host_that_a_good_run_let_fail_keeps_the_database_as_the_fleet_has_it(app: App) -> None:
    """Its own web service failed, and the fleet uses the database: it has upgraded its data."""
    stage(app, SECOND, "b")
    assert end(app.host, SECOND, "good", serves="blue")["ok"]
    assert app.host.slots()["blue"] == (FIRST, "running")
    assert database(app) == (SECOND, [["anew", "db"]])
    assert [one for one in app.host.step("drift")["findings"] if one["kind"] == "accessory"] == []


def test_a_failed_run_after_it_returns_to_what_the_fleet_has(app: App) -> None:
    stage(app, SECOND, "b")
    assert end(app.host, SECOND, "good", serves="blue")["ok"]
    stage(app, THIRD, "c")
    assert end(app.host, THIRD, "bad", serves="blue")["ok"]
    assert database(app) == (SECOND, [["anew", "db"]] * 3)


def test_a_warm_rollback_that_lets_a_host_fail_brings_the_database_back(app: App) -> None:
    stage(app, SECOND, "b")
    start = {"slot": "green", "release_id": SECOND}
    assert app.host.step("start", **start, **generation(app.host))["ok"]
    assert end(app.host, SECOND, "good", serves="green")["ok"]
    assert app.host.step("acquire")["ok"]
    assert end(app.host, FIRST, "good", serves="green")["ok"]
    assert app.host.state()["accessories_fleet"] == FIRST
    assert database(app)[0] == FIRST


def test_a_good_run_that_reaches_the_host_ends_the_difference(app: App) -> None:
    stage(app, SECOND, "b")
    assert end(app.host, SECOND, "good", serves="blue")["ok"]
    assert app.host.state()["accessories_fleet"] == SECOND
    stage(app, SECOND, "b")
    start = {"slot": "green", "release_id": SECOND}
    assert app.host.step("start", **start, **generation(app.host))["ok"]
    assert end(app.host, SECOND, "good", serves="green")["ok"]
    assert app.host.state()["accessories_fleet"] is None
