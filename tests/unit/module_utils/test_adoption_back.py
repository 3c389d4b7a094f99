"""A release that does not take the place of a project: the project runs as before."""

from __future__ import annotations

from tests.unit.module_utils.adoption_fixtures import (
    ADOPT,
    DATABASE,
    FIRST,
    PLAIN,
    SECOND,
    SLOT,
    WEB,
    begin,
    did,
    end,
    everything_as_it_was,
    run_plain,
)
from tests.unit.module_utils.fakes import FakeHost
from tests.unit.module_utils.test_accessories import with_database


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
