"""Who is in a network of accessories that is made anew is in it again, however that ends."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.rollway import accessories
from ansible.module_utils.rollway.engine import EngineProblem

from tests.unit.module_utils.fakes import FakeHost
from tests.unit.module_utils.test_accessory_work import DB, FIRST, SECOND, App

BACK = "iris-accessories_back"
CACHE = "iris-accessories-cache-1"


@pytest.fixture
def changed(host: FakeHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> App:
    """A guest is in the database's network, and the next release makes that anew."""
    monkeypatch.setattr(os, "chown", lambda *_: None)
    app = App(host, tmp_path / "apps")
    assert app.stage(FIRST)["ok"]
    host.engine.nets = {BACK: "iris-accessories"}
    here = host.engine.here
    here[DB]["NetworkSettings"]["Networks"] = {BACK: {"Aliases": ["db"]}}
    guest = {**here[DB], "Id": "guest", "Name": "/guest"}
    guest["Config"] = {**guest["Config"], "Labels": {"com.docker.compose.project": "other"}}
    here["guest"] = {**guest, "NetworkSettings": {"Networks": {BACK: {"Aliases": ["db"]}}}}
    app.content["networks"]["back"]["internal"] = True
    return app


def inside(host: FakeHost, name: str) -> bool:
    return BACK in host.engine.here[name]["NetworkSettings"]["Networks"]


def fails_once(monkeypatch: pytest.MonkeyPatch, name: str, error: Exception) -> None:
    """A function of the accessories fails at its first call."""
    real, errors = getattr(accessories, name), [error]

    def call(*args: Any, **options: Any) -> Any:
        if errors:
            raise errors.pop()
        return real(*args, **options)

    monkeypatch.setattr(accessories, name, call)


@pytest.mark.parametrize("name", ["write_values", "_up", "_wait"])
def test_a_guest_is_back_where_the_renewal_breaks_and_all_is_as_before(
    name: str, changed: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    fails_once(monkeypatch, name, OSError(errno.ENOSPC, "No space left on device"))
    result = changed.stage(SECOND)
    assert not result["ok"]
    assert any("as before again" in one for one in result["remarks"])
    assert inside(changed.host, "guest")
    assert f"connect guest to {BACK} as db" in changed.host.engine.log


def test_a_disk_that_stays_full_takes_no_network_away(
    changed: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(accessories, "write_values", full)
    assert not changed.stage(SECOND)["ok"]
    assert not [line for line in changed.host.engine.log if BACK in line]


def test_all_are_back_in_a_network_that_cannot_be_removed(
    changed: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(network: str) -> None:
        raise EngineProblem(f"network {network}", "it is in use", status=403)

    monkeypatch.setattr(changed.host.engine, "remove_network", refuse)
    assert not changed.stage(SECOND)["ok"]
    assert inside(changed.host, DB)
    assert inside(changed.host, "guest")


def test_one_that_was_taken_out_of_the_file_is_in_the_network_that_is_made_anew(
    changed: App,
) -> None:
    engine = changed.host.engine
    engine.here[CACHE]["NetworkSettings"]["Networks"] = {BACK: {"Aliases": ["cache"]}}
    del changed.content["services"]["cache"]
    del changed.content["x-rollway"]["services"]["cache"]
    assert changed.stage(SECOND)["ok"]
    assert inside(changed.host, CACHE)
    assert f"connect {CACHE} to {BACK} as cache" in engine.log
    assert not [line for line in engine.log if line.startswith(f"connect {DB} ")]
