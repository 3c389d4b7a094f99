"""A release takes the place of a plain Compose project on one host, and gives it back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.rollway import plain
from ansible.module_utils.rollway.call import Call
from ansible.module_utils.rollway.engine import EngineProblem
from ansible.module_utils.rollway.lock import Run
from ansible.module_utils.rollway.paths import AppPaths
from ansible.module_utils.rollway.plain import plain_reading
from ansible.module_utils.rollway.sealed import read_sealed, write_sealed

from tests.unit.module_utils.fakes import FakeHost, a_manifest, a_run, container
from tests.unit.module_utils.test_accessories import with_database

FIRST, SECOND = "1-1.0.0", "2-1.1.0"
WEB = [{"name": "api", "replicas": 1}]
ADOPT = {"project": "shop", "keep": False}
PLAIN = ("shop-api-1", "shop-db-1", "shop-mail-1", "shop-old-1")
SLOT = ("iris-blue-api-1-1", "iris-blue-mail-1-1")
DATABASE = "iris-accessories-db-1"


def run_plain(host: FakeHost, service: str, **changes: Any) -> str:
    """Let a container of the project run, in the project's network."""
    name = f"shop-{service}-1"
    networks = {"shop_default": {"Aliases": [service]}}
    host.engine.nets["shop_default"] = "shop"
    host.engine.here[name] = container(name, "shop", service, **{"networks": networks, **changes})
    return name


@pytest.fixture
def shop(host: FakeHost) -> FakeHost:
    """A host on which the application runs as a plain project, with a service that is no more."""
    for service in ("api", "db", "mail", "old"):
        run_plain(host, service)
    return host


def begin(host: FakeHost, *, adopt: dict[str, Any] = ADOPT, **changes: Any) -> dict[str, Any]:
    """Acquire and stage with start; return what further steps need."""
    acquired = host.step("acquire", services=WEB, adopt=adopt)
    assert acquired["ok"], acquired["problem"]
    common = {"generation": acquired["generation"], "slot": "blue"}
    staged = host.step(
        "stage",
        **common,
        manifest=changes.pop("manifest", with_database()),
        adopt=adopt,
        **{"then_start": True, **changes},
    )
    return {**common, "staged": staged}


def end(host: FakeHost, common: dict[str, Any], outcome: str, **changes: Any) -> dict[str, Any]:
    """Conclude the run."""
    asked = {key: common[key] for key in ("generation",)}
    slot = {"active_slot": "blue"} if outcome == "good" else {}
    told = {"outcome": outcome, "release_id": FIRST, "adopt": ADOPT, **slot, **changes}
    return host.step("conclude", **asked, **told)


def adopt(host: FakeHost, **changes: Any) -> dict[str, Any]:
    """A whole good run; what conclude says."""
    common = begin(host, **changes)
    assert common["staged"]["ok"], common["staged"]["problem"]
    place = {key: common[key] for key in ("generation", "slot")}
    switched = host.step("switch", **place, release_id=FIRST)
    assert switched["ok"], switched["problem"]
    return end(host, common, "good", adopt=changes.get("adopt", ADOPT))


def did(host: FakeHost, *words: str) -> list[str]:
    return [line for line in host.engine.log if line.startswith(words)]


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


def test_workers_that_do_not_stay_up_give_the_old_ones_their_place_back(shop: FakeHost) -> None:
    common = begin(shop)
    shop.comes_up = {"mail-1": {"state": "exited", "exit_code": 1}}
    place = {key: common[key] for key in ("generation", "slot")}
    assert shop.step("switch", **place, release_id=FIRST)["ok"] is False
    assert "shop-mail-1" in shop.running()
    assert shop.engine.here["shop-mail-1"]["HostConfig"]["RestartPolicy"]["Name"] == "always"


def test_an_accessory_that_is_never_healthy_gives_the_old_one_its_place_back(
    shop: FakeHost,
) -> None:
    shop.comes_up = {"db": {"state": "exited", "exit_code": 1}}
    assert begin(shop)["staged"]["problem"]["where"] == "iris-accessories/db"
    assert shop.running() == [*PLAIN]
    assert DATABASE not in shop.engine.here
    assert did(shop, "remove iris-acc") == [f"remove {DATABASE} without its volumes"]


def everything_as_it_was(host: FakeHost) -> None:
    assert host.running() == [*PLAIN]
    policies = {host.engine.here[one]["HostConfig"]["RestartPolicy"]["Name"] for one in PLAIN}
    assert policies == {"always"}
    assert sorted(host.engine.here) == [*PLAIN]
    assert not (host.root / "iris/adopted.json").exists()
    assert host.slots() == {"blue": (None, "empty"), "green": (None, "empty")}
    assert host.state()["accessories_hash"] is None


def test_a_release_that_never_gets_ready_leaves_the_project_as_it_was(shop: FakeHost) -> None:
    shop.comes_up = {"api-1": {"health": "unhealthy"}}
    common = begin(shop)
    assert common["staged"]["ok"] is False
    concluded = end(shop, common, "bad")
    assert concluded["ok"], concluded["problem"]
    assert concluded["plain"] == {"started": ["shop-db-1"]}
    everything_as_it_was(shop)


def test_a_way_back_after_all_had_changed_does_the_same(shop: FakeHost) -> None:
    common = begin(shop)
    place = {key: common[key] for key in ("generation", "slot")}
    shop.step("switch", **place, release_id=FIRST)
    assert end(shop, common, "bad")["plain"] == {"started": ["shop-db-1", "shop-mail-1"]}
    everything_as_it_was(shop)
    log = shop.engine.log
    assert log.index(f"remove {SLOT[0]}") < log.index(f"stop {DATABASE} within 5")
    assert log.index(f"remove {DATABASE} without its volumes") < log.index("start shop-db-1")


def test_a_host_that_the_release_never_reached_keeps_its_project(shop: FakeHost) -> None:
    common = begin(shop, then_start=False)
    assert end(shop, common, "good")["ok"]
    everything_as_it_was(shop)


def test_a_run_that_was_killed_is_gone_on_with(shop: FakeHost) -> None:
    """What had stopped by then counts as what ran before."""
    begin(shop)
    dead = {"scan_ticks": 200, "processes": []}
    acquired = shop.step("acquire", services=WEB, adopt=ADOPT, alive=dead)
    assert {one["name"]: one["ran"] for one in acquired["adopted"]["containers"]} == dict.fromkeys(
        PLAIN, True
    )
    shop.comes_up = {"api-1": {"health": "unhealthy"}}
    shop.engine.here[SLOT[0]]["State"]["Status"] = "exited"
    assert begin(shop)["staged"]["ok"] is False
    record = shop.step("acquire", mode="read")["adopted"]
    assert all(one["ran"] for one in record["containers"])
    concluded = end(shop, {"generation": shop.state()["generation"]}, "bad")
    assert concluded["plain"] == {"started": ["shop-db-1"]}


def test_what_stood_still_before_stays_so(shop: FakeHost) -> None:
    shop.engine.here["shop-mail-1"]["State"]["Status"] = "exited"
    end(shop, begin(shop), "bad")
    assert "shop-mail-1" not in shop.running()


def test_an_aborted_run_touches_nothing(shop: FakeHost) -> None:
    common = begin(shop)
    before = shop.running()
    end(shop, common, "aborted")
    assert shop.running() == before
    assert (shop.root / "iris/adopted.json").exists()


def test_a_decision_to_leave_frees_what_was_held(shop: FakeHost) -> None:
    common = begin(shop)
    hold = {"release": FIRST, "previous": None, "hosts": ["app-1"]}
    assert end(shop, common, "held", hold=hold)["unlocked"] is False
    deciding = {**shop.step("acquire", mode="read")["lock"], "id": "abort-1", "verb": "abort"}
    acquired = shop.step("acquire", run=deciding)
    told = {"outcome": "bad", "release_id": FIRST, "adopt": {"leaves": True}}
    left = shop.step("conclude", run=deciding, generation=acquired["generation"], **told)
    assert left["unlocked"] is True
    everything_as_it_was(shop)


def test_ports_of_a_project_are_no_other_s_until_its_place_is_taken(shop: FakeHost) -> None:
    """A verb that cannot go on with it is refused for that, and not for a port."""
    shop.engine.here["shop-api-1"]["Ports"] = [{"IP": "0.0.0.0", "PublicPort": 5432}]
    keep = {**ADOPT, "keep": True}
    common = begin(shop, adopt=keep)
    end(shop, common, "aborted")
    assert shop.step("acquire", mode="read", claims=[5432])["ok"]
    end(shop, begin(shop, adopt=keep), "good", adopt=keep)
    problem = shop.step("acquire", mode="read", claims=[5432])["problem"]
    assert problem["found"] == "5432 is published by the container shop-api-1"


def test_a_slot_that_leaves_takes_its_singletons_off_the_record(shop: FakeHost) -> None:
    common = begin(shop)
    path = shop.root / "iris/state.json"
    write_sealed(path, {**(read_sealed(path) or {}), "singletons": ["beat"]})
    end(shop, common, "bad")
    assert shop.state()["singletons"] == []
    everything_as_it_was(shop)


def test_a_service_is_what_the_newest_release_says(shop: FakeHost) -> None:
    begin(shop, manifest=a_manifest(FIRST))
    begin(shop, manifest=with_database(SECOND))
    record = shop.step("acquire", mode="read")["adopted"]
    kinds = {one["service"]: one["kind"] for one in record["containers"]}
    assert kinds["db"] == "accessory"


def test_a_remove_on_the_way_lets_the_project_run_again(shop: FakeHost) -> None:
    generation = begin(shop)["generation"]
    assert shop.step("remove", generation=generation)["ok"]
    assert shop.running() == [*PLAIN]
    assert not (shop.root / "iris/adopted.json").exists()


def test_a_remove_leaves_web_containers_that_were_kept(shop: FakeHost) -> None:
    adopt(shop, adopt={"project": "shop", "keep": True})
    generation = shop.step("acquire", services=WEB)["generation"]
    assert shop.step("remove", generation=generation)["ok"]
    assert shop.running() == ["shop-api-1"]


def test_web_containers_may_stay_until_the_next_adoption(shop: FakeHost) -> None:
    keeping = {"project": "shop", "keep": True}
    assert adopt(shop, adopt=keeping)["plain"]["kept"] == ["shop-api-1"]
    assert "shop-api-1" in shop.running()
    assert shop.engine.nets["shop_default"] == "shop"
    shop.deploy(SECOND, "green", old="blue")  # any other run leaves it alone
    assert "shop-api-1" in shop.running()
    generation = shop.step("acquire", services=WEB, adopt=ADOPT)["generation"]
    done = {"outcome": "good", "release_id": SECOND, "active_slot": "green", "adopt": ADOPT}
    concluded = shop.step("conclude", generation=generation, **done)
    assert concluded["plain"] == {"removed": ["shop-api-1"], "kept": []}
    assert "shop_default" not in shop.engine.nets
    assert not (shop.root / "iris/adopted.json").exists()


def test_what_came_up_again_since_goes_with_the_next_adoption(shop: FakeHost) -> None:
    adopt(shop)
    run_plain(shop, "api")
    generation = shop.step("acquire", services=WEB, adopt=ADOPT)["generation"]
    done = {"outcome": "good", "release_id": FIRST, "active_slot": "blue", "adopt": ADOPT}
    shop.step("conclude", generation=generation, **done)
    assert "shop-api-1" not in shop.engine.here


def test_a_failure_beside_a_release_that_serves_starts_no_second_database(host: FakeHost) -> None:
    host.deploy(FIRST, "blue")
    for service in ("db", "mail"):
        run_plain(host, service)
    acquired = host.step("acquire", services=WEB, adopt=ADOPT)
    common = {"generation": acquired["generation"], "slot": "green"}
    manifest = with_database(SECOND)
    host.step("stage", **common, manifest=manifest, adopt=ADOPT, then_start=True)
    host.step("switch", **common, release_id=SECOND, old_slot="blue")
    told = {"outcome": "bad", "release_id": SECOND, "active_slot": "blue", "adopt": ADOPT}
    host.step("conclude", generation=acquired["generation"], **told)
    assert "shop-mail-1" in host.running()
    assert "shop-db-1" not in host.running()
    assert DATABASE in host.running()


def test_another_project_waits_for_the_first(shop: FakeHost) -> None:
    begin(shop)
    run_plain(shop, "x")
    shop.engine.here["other-1"] = container("other-1", "other", "api")
    acquired = shop.step("acquire", services=WEB)
    common = {"generation": acquired["generation"], "slot": "blue"}
    other = {"project": "other", "keep": False}
    result = shop.step("stage", **common, manifest=with_database(), adopt=other)
    assert result["problem"]["found"] == "project shop is being adopted"


def test_what_cannot_be_removed_is_told_when_the_host_is_unlocked(
    shop: FakeHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    common = begin(shop)

    def refuse(container: str, **_: Any) -> None:
        raise EngineProblem(f"engine DELETE /containers/{container}", "busy")

    monkeypatch.setattr(shop.engine, "remove", refuse)
    concluded = end(shop, common, "good")
    assert (concluded["ok"], concluded["problem"]["found"]) == (False, "busy")
    assert not (shop.root / "iris/lock.json").exists()
    assert shop.slots()["blue"] == (FIRST, "running")
    assert (shop.root / "iris/adopted.json").exists()


def test_a_deploy_starts_no_second_database_on_a_volume_in_use(host: FakeHost) -> None:
    mounts = [{"Type": "volume", "Name": "iris_data", "Destination": "/rows"}]
    run_plain(host, "db", mounts=mounts)
    acquired = host.step("acquire", services=WEB)
    common = {"generation": acquired["generation"], "slot": "blue"}
    result = host.step("stage", **common, manifest=with_database())
    assert result["problem"] == {
        "where": "volume iris_data",
        "found": "shop-db-1 of Compose project shop uses it",
        "accepted": "a volume that no other database writes to",
        "next": "./invoke adopt --app=iris --project=shop",
    }
    assert host.running() == ["shop-db-1"]


def test_a_host_without_the_project_is_deployed_to(host: FakeHost) -> None:
    concluded = adopt(host)
    assert concluded["ok"], concluded["problem"]
    assert "plain" not in concluded
    assert host.running() == [DATABASE, *SLOT]


def test_check_mode_records_and_stops_nothing(shop: FakeHost) -> None:
    result = shop.step(
        "stage", check=True, generation=1, slot="blue", manifest=with_database(), adopt=ADOPT
    )
    assert result["ok"], result["problem"]
    assert shop.running() == [*PLAIN]
    assert not (shop.root / "iris/adopted.json").exists()


def test_a_record_that_is_none_stops_the_run_with_its_path(shop: FakeHost) -> None:
    begin(shop)
    path = shop.root / "iris/adopted.json"
    path.write_text("{}")
    result = shop.step("acquire", services=WEB)
    assert result["problem"]["where"] == str(path)


def test_a_service_without_a_release_of_its_own_is_gone_with_the_rest(shop: FakeHost) -> None:
    begin(shop, manifest=a_manifest(FIRST))
    record = shop.step("acquire", mode="read")["adopted"]
    kinds = {one["service"]: one["kind"] for one in record["containers"]}
    assert kinds == {"api": "web", "mail": "worker", "db": "gone", "old": "gone"}
