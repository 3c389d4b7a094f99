"""A release takes the place of a plain Compose project on one host, and gives it back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.rollway import plain
from ansible.module_utils.rollway.call import Call
from ansible.module_utils.rollway.lock import Run
from ansible.module_utils.rollway.paths import AppPaths
from ansible.module_utils.rollway.plain import plain_reading

from tests.unit.module_utils.adoption_fixtures import (
    ADOPT,
    DATABASE,
    FIRST,
    PLAIN,
    SLOT,
    WEB,
    adopt,
    begin,
    did,
    run_plain,
)
from tests.unit.module_utils.fakes import FakeHost, a_run
from tests.unit.module_utils.test_accessories import with_database


def test_acquire_says_what_the_project_runs(shop: FakeHost, tmp_path: Path) -> None:
    (tmp_path / "filled").mkdir()
    (tmp_path / "filled" / "row").touch()
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").touch()
    rows = {"Type": "volume", "Name": "shop_rows", "Source": "/x", "Destination": "/rows"}
    no_name = {"Type": "volume", "Name": "a" * 64, "Destination": "/cache"}
    bind = {"Type": "bind", "RW": True, "Destination": "/etc/app"}
    mounts = [
        rows,
        {**no_name, "Source": str(tmp_path / "filled")},
        {**no_name, "Source": str(tmp_path / "empty")},
        {**bind, "Source": str(tmp_path / "filled")},
        {**bind, "Source": str(tmp_path / "filled"), "RW": False},
        {**bind, "Source": str(tmp_path / "file")},
        {**bind, "Source": str(tmp_path / "file"), "RW": False},
        {**bind, "Source": "/dev/null"},
        {"Type": "tmpfs", "Source": "", "Destination": "/tmp"},
    ]
    run_plain(shop, "db", mounts=mounts, ports=[{"PublicPort": 5432}, {"PrivatePort": 1}])
    found = shop.step("acquire", services=WEB, adopt=ADOPT)["plain"]
    assert (found["project"], found["projects"], found["is_rollway"]) == ("shop", ["shop"], False)
    database = next(one for one in found["containers"] if one["service"] == "db")
    assert (database["name"], database["state"]) == ("shop-db-1", "running")
    assert database["ports"] == [5432]
    assert database["mounts"] == [
        {"kind": "volume", "source": "shop_rows", "target": "/rows"},
        {"kind": "anonymous", "source": "a" * 64, "target": "/cache"},
        {"kind": "folder", "source": str(tmp_path / "filled"), "target": "/etc/app"},
        {"kind": "file", "source": str(tmp_path / "file"), "target": "/etc/app"},
    ]


def test_acquire_knows_rollway_s_own_projects_and_the_edge_s_ports(
    host: FakeHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    host.deploy(FIRST, "blue")
    config = tmp_path / "haproxy.cfg"
    config.write_text("frontend a\n  bind :80\n  bind 192.0.2.1:8405 # bind :9\n")
    monkeypatch.setattr(plain, "EDGE_CONFIG", config)
    asked = {"kind": "app", "mode": "read", "adopt": {"project": "iris-blue"}}
    found = host.step("acquire", **asked)["plain"]
    assert (found["is_rollway"], found["projects"], found["edge_ports"]) == (True, [], [])
    call = Call(AppPaths(host.root, "iris"), Run.from_json(a_run()), host.tools)
    assert plain_reading(call, "iris-blue", is_edge=True)["edge_ports"] == [80, 8405]


def test_a_name_that_is_no_project_is_refused_before_the_lock(host: FakeHost) -> None:
    result = host.step("acquire", services=WEB, adopt={"project": "../x"})
    assert (result["ok"], result["problem"]["where"]) == (False, "project")
    assert not (host.root / "iris/lock.json").exists()


def test_a_good_run_takes_the_place_of_every_container(shop: FakeHost) -> None:
    concluded = adopt(shop)
    assert concluded["ok"], concluded["problem"]
    assert concluded["plain"] == {"removed": [*PLAIN], "kept": []}
    assert shop.running() == [DATABASE, *SLOT]
    assert shop.engine.nets == {
        f"iris-{one}_default": f"iris-{one}" for one in ("accessories", "blue")
    }
    assert not did(shop, "remove volume", "remove image")
    assert sorted(did(shop, "remove shop-")) == [
        f"remove {one} without its volumes" for one in PLAIN
    ]
    assert not (shop.root / "iris/adopted.json").exists()


def test_web_containers_run_until_the_run_is_good(shop: FakeHost) -> None:
    common = begin(shop)
    place = {key: common[key] for key in ("generation", "slot")}
    shop.step("switch", **place, release_id=FIRST)
    assert {"shop-api-1", "shop-old-1"} <= {*shop.running()}
    assert not did(shop, "stop shop-api", "stop shop-old")


def test_an_accessory_stops_for_good_before_the_release_s_own_starts(shop: FakeHost) -> None:
    begin(shop)
    log = shop.engine.log
    order = [
        "restart policy of shop-db-1: no",
        "stop shop-db-1 within 5",
        f"up {DATABASE}",
        f"connect {DATABASE} to shop_default as db, shop-db-1",
        f"up {SLOT[0]}",
    ]
    assert [log.index(line) for line in order] == sorted(log.index(line) for line in order)


def own_database() -> dict[str, Any]:
    """A release with a database on each of two hosts."""
    manifest = with_database()
    manifest["accessories"]["services"][0]["hosts"] = ["app-1", "app-2"]
    return manifest


JOB = {"name": "migrate", "timeout_seconds": 9, "idempotent": False, "when": "before_traffic"}
EARLY: list[Any] = [
    pytest.param(with_database(), True, id="slots of other hosts may need it"),
    pytest.param(own_database(), False, id="each host has its own"),
    pytest.param({**own_database(), "jobs": [JOB]}, True, id="a job may need it"),
]


@pytest.mark.parametrize(("manifest", "is_early"), EARLY)
def test_a_database_changes_before_the_slot_only_where_others_need_it(
    shop: FakeHost, manifest: dict[str, Any], is_early: bool
) -> None:
    common = begin(shop, manifest=manifest, then_start=False)
    assert (DATABASE in shop.running()) is is_early
    assert ("shop-db-1" in shop.running()) is not is_early
    place = {key: common[key] for key in ("generation", "slot")}
    assert shop.step("start", **place, release_id=FIRST)["ok"]
    assert DATABASE in shop.running()


def test_the_network_lets_the_accessory_go_before_it_is_removed(shop: FakeHost) -> None:
    adopt(shop)
    log = shop.engine.log
    left = log.index(f"disconnect {DATABASE} from shop_default")
    assert left < log.index("remove network shop_default")


def test_a_network_that_carries_the_accessory_s_ports_stays(shop: FakeHost) -> None:
    """Leaving it would cut what slots have open to the database."""
    for name in PLAIN:
        shop.engine.here[name]["NetworkSettings"]["Networks"] = {"a_shop": {}}
    shop.engine.nets = {"a_shop": "shop"}
    assert adopt(shop)["plain"]["kept"] == ["network a_shop"]
    assert "a_shop" in shop.engine.nets
    assert not did(shop, "disconnect")


def test_workers_change_where_those_of_a_slot_would(shop: FakeHost) -> None:
    common = begin(shop)
    assert "shop-mail-1" in shop.running()
    place = {key: common[key] for key in ("generation", "slot")}
    switched = shop.step("switch", **place, release_id=FIRST)
    assert (switched["stopped"], switched["started"]) == (["shop-mail-1"], ["mail-1"])
    log = shop.engine.log
    assert log.index("stop shop-mail-1 within 5") < log.index(f"up {SLOT[1]}")
