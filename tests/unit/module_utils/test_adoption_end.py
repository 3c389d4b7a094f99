"""The end of an adoption on one host, and what later runs make of its record."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.module_utils.rollway import accessories, call
from ansible.module_utils.rollway.boot import boot
from ansible.module_utils.rollway.engine import EngineProblem

from tests.unit.module_utils.adoption_fixtures import ADOPT, WEB, adopt, begin, end, run_plain
from tests.unit.module_utils.fakes import FakeHost
from tests.unit.module_utils.test_accessories import with_database

FIRST, SECOND = "1-1.0.0", "2-1.1.0"
PLAIN = ["shop-api-1", "shop-db-1", "shop-mail-1"]
KEEPING = {"project": "shop", "keep": True}


@pytest.fixture
def shop(host: FakeHost) -> FakeHost:
    """A host on which the application runs as a plain project."""
    for service in ("api", "db", "mail"):
        run_plain(host, service)
    return host


def refuse(host: FakeHost, monkeypatch: pytest.MonkeyPatch, step: str, **how: Any) -> None:
    """Let the engine refuse one kind of request."""

    def fail(name: str, **_: Any) -> None:
        raise EngineProblem(f"engine DELETE {name}", "busy", **how)

    monkeypatch.setattr(host.engine, step, fail)


def test_a_network_that_a_container_of_another_project_is_in_stays(
    shop: FakeHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse(shop, monkeypatch, "remove_network", status=403)
    concluded = adopt(shop)
    assert concluded["ok"], concluded["problem"]
    assert concluded["plain"]["kept"] == ["network shop_default"]


def test_any_other_refusal_is_told(shop: FakeHost, monkeypatch: pytest.MonkeyPatch) -> None:
    refuse(shop, monkeypatch, "remove_network", status=500)
    assert adopt(shop)["problem"]["found"] == "busy"


def begin_second(host: FakeHost, asked: dict[str, Any]) -> dict[str, Any]:
    """Acquire, stage with start and switch, beside the first release; what conclude needs."""
    acquired = host.step("acquire", services=WEB, adopt=asked)
    common = {"generation": acquired["generation"], "slot": "green"}
    told = {"manifest": with_database(SECOND), "adopt": asked, "then_start": True}
    assert host.step("stage", **common, **told)["ok"]
    assert host.step("switch", **common, release_id=SECOND, old_slot="blue")["ok"]
    return common


LATER: list[Any] = [
    pytest.param({}, id="a deploy"),
    pytest.param(ADOPT, id="another adoption"),
]


@pytest.mark.parametrize("asked", LATER)
def test_once_taken_the_project_never_works_beside_the_release(
    shop: FakeHost, monkeypatch: pytest.MonkeyPatch, asked: dict[str, Any]
) -> None:
    with monkeypatch.context() as broken:
        refuse(shop, broken, "remove")
        assert adopt(shop)["problem"]["found"] == "busy"
    common = begin_second(shop, asked)
    told = {"release_id": SECOND, "active_slot": "blue", "adopt": asked}
    concluded = end(shop, common, "bad", **told)
    assert concluded["ok"], concluded["problem"]
    assert not {*PLAIN} & {*shop.running()}
    assert (shop.root / "iris/adopted.json").exists()
    again = shop.step("acquire", services=WEB)
    told = {"release_id": FIRST, "active_slot": "blue", "adopt": {}}
    assert sorted(end(shop, again, "good", **told)["plain"]["removed"]) == PLAIN


@pytest.mark.parametrize("is_taken", [True, False], ids=["kept since", "as deployed"])
def test_who_goes_back_to_the_release_removes_nothing(shop: FakeHost, is_taken: bool) -> None:
    """An adoption beside a release that serves was interrupted: its end was not good."""
    if is_taken:
        adopt(shop, adopt=KEEPING)
    else:
        for name in PLAIN[1:]:
            shop.engine.here.pop(name)
        shop.deploy(FIRST, "blue")
    end(shop, begin_second(shop, ADOPT), "aborted", adopt=ADOPT)
    dead = {"scan_ticks": 200, "processes": []}
    again = shop.step("acquire", services=WEB, alive=dead)
    told = {"release_id": FIRST, "active_slot": "blue", "adopt": {}}
    concluded = end(shop, again, "good", **told)
    assert concluded["ok"], concluded["problem"]
    assert "shop-api-1" in shop.running()


def test_a_promotion_takes_the_place(shop: FakeHost) -> None:
    common = begin(shop)
    hold = {"release": FIRST, "previous": None, "hosts": ["app-1"]}
    end(shop, common, "held", hold=hold, active_slot="blue")
    deciding = {**shop.step("acquire", mode="read")["lock"], "id": "promote-1", "verb": "promote"}
    acquired = shop.step("acquire", run=deciding)
    concluded = end(shop, acquired, "good", run=deciding, adopt={})
    assert concluded["plain"] == {"removed": PLAIN, "kept": []}
    assert not (shop.root / "iris/adopted.json").exists()


def test_a_host_that_died_before_it_said_who_serves_gives_all_back(
    shop: FakeHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    common = begin(shop)
    with monkeypatch.context() as broken:
        broken.setattr("ansible.module_utils.rollway.conclude.with_state", _die)
        assert end(shop, common, "good")["ok"] is False
    assert end(shop, common, "bad")["plain"] == {"started": ["shop-db-1"]}
    assert shop.running() == PLAIN


def _die(*_: Any) -> None:
    raise EngineProblem("engine", "gone")


@pytest.mark.parametrize("asked", LATER)
def test_once_taken_no_worker_returns_beside_the_release_s(
    shop: FakeHost, monkeypatch: pytest.MonkeyPatch, asked: dict[str, Any]
) -> None:
    with monkeypatch.context() as broken:
        refuse(shop, broken, "remove")
        assert adopt(shop)["problem"]["found"] == "busy"
    acquired = shop.step("acquire", services=WEB, adopt=asked)
    common = {"generation": acquired["generation"], "slot": "green"}
    told = {"manifest": with_database(SECOND), "adopt": asked, "then_start": True}
    assert shop.step("stage", **common, **told)["ok"]
    shop.comes_up["mail-1"] = {"state": "exited", "exit_code": 1}
    assert not shop.step("switch", **common, release_id=SECOND, old_slot="blue")["ok"]
    assert not {*PLAIN} & {*shop.running()}


def _full(*_: Any, **__: Any) -> None:
    raise OSError(28, "No space left on device")


def test_the_project_runs_again_where_the_disk_is_full_before_its_database_changed(
    shop: FakeHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accessories, "write_atomic", _full)
    assert begin(shop)["staged"]["problem"]["found"] == "No space left on device"
    assert shop.running() == PLAIN


def test_the_project_runs_again_where_the_end_of_a_run_cannot_be_recorded(
    shop: FakeHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    common = begin(shop)
    with monkeypatch.context() as full:
        full.setattr(call, "save_state", _full)
        assert end(shop, common, "bad")["problem"]["found"] == "No space left on device"
    assert shop.running() == PLAIN
    assert end(shop, common, "bad")["ok"]
    assert shop.running() == PLAIN


def _reboot(host: FakeHost) -> list[str]:
    """Return what the boot says; the engine starts nothing that is not to return by itself."""
    for one in host.engine.here.values():
        if one["HostConfig"]["RestartPolicy"]["Name"] == "no":
            one["State"]["Status"] = "exited"
    return list(boot(host.root, host.tools))


def test_a_host_that_goes_down_while_the_database_changes_has_the_old_one_afterwards(
    shop: FakeHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as dying:
        dying.setattr(accessories, "_wait", _die)
        dying.setattr(accessories, "start_plain", _die)  # no longer there to put it back
        dying.setattr(accessories, "return_accessories", lambda _: None)
        begin(shop)
    assert "shop-db-1" not in shop.running()
    assert "iris: runs as a plain project again, started shop-db-1" in _reboot(shop)
    assert shop.running() == PLAIN


def test_a_boot_beside_the_release_s_database_starts_no_second_one(shop: FakeHost) -> None:
    common = begin(shop)
    place = {key: common[key] for key in ("generation", "slot")}
    assert shop.step("switch", **place, release_id=FIRST)["ok"]
    assert "iris: runs as a plain project again, started shop-mail-1" in _reboot(shop)
    assert "shop-db-1" not in shop.running()


def test_a_boot_once_the_place_is_taken_starts_nothing_of_the_project(
    shop: FakeHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        refuse(shop, broken, "remove")
        assert adopt(shop)["problem"]["found"] == "busy"
    assert not [line for line in _reboot(shop) if "plain project" in line]


def test_a_removal_that_comes_again_starts_nothing_whose_place_was_taken(
    shop: FakeHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        refuse(shop, broken, "remove")
        assert adopt(shop)["problem"]["found"] == "busy"
    generation = shop.step("acquire")["generation"]
    stop = shop.engine.stop

    def busy(name: str, **how: Any) -> None:
        if "accessories" in name:
            raise EngineProblem("engine", "busy")
        stop(name, **how)

    with monkeypatch.context() as broken:
        broken.setattr(shop.engine, "stop", busy)
        assert not shop.step("remove", generation=generation)["ok"]
    assert shop.step("remove", generation=generation)["ok"]
    assert shop.running() == []
