"""A project beside what else happens on its host: other runs, removals, other projects."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.module_utils.rollway.engine import EngineProblem
from ansible.module_utils.rollway.sealed import read_sealed, write_sealed

from tests.unit.module_utils.adoption_fixtures import (
    ADOPT,
    DATABASE,
    FIRST,
    PLAIN,
    SECOND,
    SLOT,
    WEB,
    adopt,
    begin,
    end,
    everything_as_it_was,
    run_plain,
)
from tests.unit.module_utils.fake_engine import container
from tests.unit.module_utils.fakes import FakeHost, a_manifest
from tests.unit.module_utils.test_accessories import with_database


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
