"""How a run ends on a host: the way back, the record, and what retention takes."""

from __future__ import annotations

import json

from tests.unit.module_utils.fakes import FakeHost, a_manifest, a_run, image_of
from tests.unit.module_utils.steps_fixtures import FIRST, SECOND, begin


def test_undo_lets_the_new_slot_drain_and_gives_the_workers_back(host: FakeHost) -> None:
    host.deploy(FIRST, "blue")
    common = begin(host, SECOND, "green")
    common.pop("staged")
    host.step("switch", **common, release_id=SECOND, old_slot="blue")
    assert host.step("undo", **common)["ok"]
    assert host.slots() == {"blue": (FIRST, "running"), "green": (SECOND, "draining")}
    assert host.running() == ["iris-blue-api-1-1", "iris-blue-mail-1-1", "iris-green-api-1-1"]
    end = {"outcome": "bad", "active_slot": "blue", "release_id": SECOND}
    assert host.step("conclude", **common, **end)["ok"]
    state = host.state()
    assert (state["active"], state["releases"][SECOND]["outcome"]) == ("blue", "bad")


def test_a_bad_end_without_undo_does_the_same(host: FakeHost) -> None:
    host.deploy(FIRST, "blue")
    common = begin(host, SECOND, "green")
    common.pop("staged")
    end = {"outcome": "bad", "active_slot": "blue", "release_id": SECOND}
    assert host.step("conclude", **common, **end)["ok"]
    assert host.slots()["green"] == (SECOND, "draining")


def test_a_release_that_was_good_before_is_not_marked_bad(host: FakeHost) -> None:
    host.deploy(FIRST, "blue")
    host.deploy(SECOND, "green", old="blue")
    acquired = host.step("acquire", run=a_run("back"))
    end = {"outcome": "bad", "active_slot": "green", "release_id": FIRST}
    host.step("conclude", run=a_run("back"), generation=acquired["generation"], **end)
    assert host.state()["releases"][FIRST]["outcome"] == "good"


def test_an_aborted_run_stops_nothing_and_unlocks(host: FakeHost) -> None:
    host.deploy(FIRST, "blue")
    begin(host, SECOND, "green")
    running = host.running()
    result = host.step("conclude", run=a_run("run-x"), outcome="aborted", release_id=SECOND)
    assert (result["ok"], result["unlocked"]) == (True, True)
    assert host.running() == running
    assert host.state()["phase"]["run"] == "run-x"
    assert host.state()["releases"][SECOND]["outcome"] == "candidate"


def test_a_host_the_release_never_reached_goes_on_as_it_was(host: FakeHost) -> None:
    host.deploy(FIRST, "blue")
    acquired = host.step("acquire", run=a_run("run-x"))
    common = {"run": a_run("run-x"), "generation": acquired["generation"]}
    host.step("stage", **common, manifest=a_manifest(SECOND))
    end = {"outcome": "good", "active_slot": "blue", "release_id": SECOND}
    assert host.step("conclude", **common, **end)["ok"]
    state = host.state()
    assert (state["active"], state["last_good"]) == ("blue", FIRST)


def test_the_run_is_recorded_once_and_audited_in_a_line(host: FakeHost) -> None:
    acquired = host.step("acquire")
    host.step(
        "conclude",
        generation=acquired["generation"],
        outcome="bad",
        record={"hosts": ["app-1"], "outcome": "bad"},
    )
    record = json.loads((host.root / "iris/runs/run-1.json").read_text())
    assert record["hosts"] == ["app-1"]
    assert record["run"]["owner"] == "ana@laptop"
    line = json.loads((host.root / "iris/audit.jsonl").read_text())
    assert (line["run"], line["outcome"], line["owner"]) == ("run-1", "bad", "ana@laptop")


def test_releases_beyond_retention_go_with_the_images_only_they_named(host: FakeHost) -> None:
    slots = ("blue", "green")
    for number in range(1, 8):
        slot, old = slots[number % 2], slots[(number + 1) % 2] if number > 1 else None
        host.deploy(f"{number}-1.{number}.0", slot, old=old)
    kept = sorted(path.name for path in (host.root / "iris/releases").iterdir())
    assert kept == [f"{number}-1.{number}.0" for number in range(3, 8)]
    assert sorted(host.state()["releases"]) == kept
    assert host.engine.images == {image_of(release) for release in kept}


def test_an_image_that_another_application_names_stays(host: FakeHost) -> None:
    other = host.root / "other/releases/1-1.0.0"
    other.mkdir(parents=True)
    (other / "release.json").write_text(
        json.dumps({"schema": 1, "images": {"x": image_of("1-1.1.0")}})
    )
    slots = ("blue", "green")
    for number in range(1, 8):
        slot, old = slots[number % 2], slots[(number + 1) % 2] if number > 1 else None
        host.deploy(f"{number}-1.{number}.0", slot, old=old)
    assert image_of("1-1.1.0") in host.engine.images
    assert image_of("2-1.2.0") not in host.engine.images


def test_a_run_that_was_refused_leaves_no_record(host: FakeHost) -> None:
    host.deploy(FIRST, "blue")
    acquired = host.step("acquire", run=a_run("run-refused"))
    common = {"run": a_run("run-refused"), "generation": acquired["generation"]}
    concluded = host.step("conclude", **common, outcome="aborted", record={"result": "refused"})
    assert concluded["unlocked"] is True
    assert [path.name for path in (host.root / "iris/runs").iterdir()] == [f"run-{FIRST}.json"]
