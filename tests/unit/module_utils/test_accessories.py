"""Databases and caches beside the slots: when they are touched, and who waits for them."""

from __future__ import annotations

from typing import Any

from tests.unit.module_utils.fakes import FakeHost, a_manifest

FIRST, SECOND = "1-1.0.0", "2-1.1.0"
WEB = [{"name": "api", "replicas": 1}]


def with_database(release: str = FIRST, *, host: str = "app-1", text: str = "a") -> dict[str, Any]:
    """A release that needs a database on `host`; another `text` is another definition."""
    database = {
        "name": "db",
        "hosts": [host],
        "addresses": {host: "192.0.2.30"},
        "port": 5432,
        "condition": "service_healthy",
    }
    accessories = {
        "compose": f"services: {{}} # {text}\n",
        "hash": text,
        "images": {"db": "registry.example:5000/db@sha256:" + "d" * 64},
        "services": [database],
    }
    return a_manifest(release, accessories=accessories)


def stage(host: FakeHost, manifest: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Acquire, stage and start in blue."""
    acquired = host.step("acquire", services=WEB)
    common = {"generation": acquired["generation"], "slot": "blue", "then_start": True}
    return host.step("stage", manifest=manifest, **{**common, **changes})


def ups(host: FakeHost) -> list[str]:
    return [line for line in host.engine.log if line.startswith("up ")]


def test_an_accessory_comes_up_before_the_slot_and_the_slot_knows_its_address(
    host: FakeHost,
) -> None:
    assert stage(host, with_database())["ok"]
    assert ups(host) == ["up iris-accessories-db-1", "up iris-blue-api-1-1"]
    env = (host.root / "iris/slots/blue.env").read_text()
    assert "ROLLWAY_ACCESSORY_DB=192.0.2.30\n" in env
    assert any(line.startswith("pull registry.example:5000/db@") for line in host.engine.log)


def test_staging_alone_brings_it_up_since_other_hosts_may_need_it_first(host: FakeHost) -> None:
    assert stage(host, with_database(), then_start=False)["ok"]
    assert ups(host) == ["up iris-accessories-db-1"]


def test_its_volumes_are_there_before_it(host: FakeHost) -> None:
    stage(host, with_database(), then_start=False)
    made = [line for line in host.engine.log if line.startswith(("volume ", "up "))]
    assert made[0].startswith("volume iris_data ")


def test_it_is_left_alone_until_its_own_definition_changes(host: FakeHost) -> None:
    stage(host, with_database())
    stage(host, with_database(SECOND), then_start=False)
    assert ups(host).count("up iris-accessories-db-1") == 1
    stage(host, with_database("3-1.2.0", text="b"), then_start=False)
    assert ups(host).count("up iris-accessories-db-1") == 2
    assert host.state()["accessories_release"] == "3-1.2.0"


def test_one_that_stands_still_is_brought_up_again(host: FakeHost) -> None:
    stage(host, with_database())
    host.engine.here["iris-accessories-db-1"]["State"]["Status"] = "exited"
    stage(host, with_database(), then_start=False)
    assert "iris-accessories-db-1" in host.running()


def test_the_release_whose_files_it_uses_is_never_pruned(host: FakeHost) -> None:
    stage(host, with_database())
    end = {"outcome": "good", "release_id": FIRST, "active_slot": "blue"}
    host.step("conclude", generation=host.state()["generation"], **end)
    slots = ("green", "blue")
    for number in range(2, 10):
        slot, old = slots[number % 2], slots[(number + 1) % 2]
        host.deploy(f"{number}-1.{number}.0", slot, old=old)
    assert (host.root / "iris/releases" / FIRST).is_dir()
    assert not (host.root / "iris/releases/2-1.2.0").exists()


def test_a_release_whose_file_a_container_mounts_outlives_retention(host: FakeHost) -> None:
    """Of two accessories one may be older than the release that defines both."""
    stage(host, with_database())
    end = {"outcome": "good", "release_id": FIRST, "active_slot": "blue"}
    host.step("conclude", generation=host.state()["generation"], **end)
    for number in range(2, 10):
        slots = ("green", "blue")
        slot, old = slots[number % 2], slots[(number + 1) % 2]
        source = str(host.root / "iris/releases/2-1.2.0/files/x")
        host.engine.here["iris-accessories-db-1"]["Mounts"] = [{"Source": source}]
        host.deploy(f"{number}-1.{number}.0", slot, old=old)
    assert (host.root / "iris/releases/2-1.2.0").is_dir()
    assert not (host.root / "iris/releases/3-1.3.0").exists()


def test_one_on_another_host_is_waited_for_and_not_started(host: FakeHost) -> None:
    opened: list[bool] = []
    host.accepts = lambda address, port: bool(opened) and (address, port) == ("192.0.2.30", 5432)
    host.clock.after(7, lambda: opened.append(True))
    began = host.clock.now
    assert stage(host, with_database(host="db-1"))["ok"]
    assert 7 <= host.clock.now - began < 8
    assert ups(host) == ["up iris-blue-api-1-1"]


def test_one_that_never_answers_is_named_with_its_address(host: FakeHost) -> None:
    host.accepts = lambda *_: False
    result = stage(host, with_database(host="db-1"))
    assert result["problem"]["where"] == "iris-accessories/db"
    assert result["problem"]["found"] == ("nothing listens on 192.0.2.30 port 5432 after 120 s")
    assert host.slots()["blue"] == (None, "empty")


def test_one_that_fails_stops_the_stage_with_its_last_words(host: FakeHost) -> None:
    host.comes_up = {"db": {"state": "exited", "exit_code": 1}}
    result = stage(host, with_database())
    assert result["problem"]["where"] == "iris-accessories/db"
    assert result["problem"]["found"] == "not ready after 0.0 s: ended with exit code 1"
    assert result["containers"][0]["log_tail"] == ["iris-accessories-db-1 said 20"]
    assert ups(host) == ["up iris-accessories-db-1"]
