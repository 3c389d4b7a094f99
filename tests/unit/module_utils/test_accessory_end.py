"""Accessories at the end of a run: which release they are of, and how long that may take."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.rollway.mutex import Work

from tests.unit.module_utils.fakes import FakeHost
from tests.unit.module_utils.test_accessory_work import FIRST, SECOND, App


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
