"""What is beyond retention goes; what anybody may still need stays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ansible.module_utils.rollway import prune, stage
from ansible.module_utils.rollway.releases import read_release, write_release
from ansible.module_utils.rollway.sealed import write_sealed

from tests.unit.module_utils.fake_engine import IMAGE_BYTES, container
from tests.unit.module_utils.fakes import FakeHost, a_manifest, a_run, image_of

RELEASES = ("1-a", "2-b", "3-c", "4-d")


@pytest.fixture
def kept(host: FakeHost) -> FakeHost:
    """A host that keeps four releases: the last one serves, the one before is warm."""
    old = None
    for number, release in enumerate(RELEASES):
        slot = ("blue", "green")[number % 2]
        host.deploy(release, slot, old=old)
        old = slot
    return host


def _prune(host: FakeHost, retention: int = 1, **changes: Any) -> dict[str, Any]:
    return host.step("prune", run=a_run("prune-1"), retention=retention, **changes)


def _kept(host: FakeHost) -> list[str]:
    return sorted(path.name for path in (host.root / "iris/releases").iterdir())


def test_releases_and_images_beyond_retention_go_and_the_bytes_are_told(kept: FakeHost) -> None:
    size = _prune(kept, mode="read")["bytes"]
    result = _prune(kept)
    assert (result["ok"], result["outcome"], result["changed"]) == (True, "pruned", True)
    assert (result["releases"], result["kept"]) == (["1-a", "2-b"], ["3-c", "4-d"])
    assert result["images"] == sorted([image_of("1-a"), image_of("2-b")])
    assert result["bytes"] == size > 2 * IMAGE_BYTES
    assert _kept(kept) == ["3-c", "4-d"]
    assert set(kept.state()["releases"]) == {"3-c", "4-d"}
    assert kept.engine.images == {image_of("3-c"), image_of("4-d")}
    assert not (kept.root / "iris/lock.json").exists()


@pytest.mark.parametrize("state", ["running", "exited"])
def test_a_release_that_a_container_mounts_a_file_of_stays(kept: FakeHost, state: str) -> None:
    source = str(kept.root / "iris/releases/1-a/files/accessories/configs/conf")
    mounts = [{"Type": "bind", "Source": source}]
    kept.engine.here["any"] = container("any", "iris-jobs", "x", mounts=mounts, state=state)
    assert _prune(kept)["releases"] == ["2-b"]
    assert _kept(kept) == ["1-a", "3-c", "4-d"]


def _rewrite(host: FakeHost, release: str, **changes: Any) -> None:
    folder = host.root / "iris/releases" / release
    content = {**(read_release(folder) or {}), **changes}
    write_sealed(folder / "release.json", {"manifest": content})


def test_images_of_accessories_go_and_stay_with_their_releases(kept: FakeHost) -> None:
    gone, stays = image_of("old-db"), image_of("db")
    kept.engine.images |= {gone, stays}
    _rewrite(kept, "1-a", accessories={"images": {"db": gone}})
    _rewrite(kept, "2-b", images={"api": stays})
    _rewrite(kept, "4-d", accessories={"images": {"db": stays}})
    assert _prune(kept)["images"] == sorted([image_of("1-a"), gone])
    assert gone not in kept.engine.images
    assert stays in kept.engine.images


def test_it_leaves_one_line_in_the_audit_and_a_second_time_nothing(kept: FakeHost) -> None:
    audit = kept.root / "iris/audit.jsonl"
    before = len(audit.read_text().splitlines())
    _prune(kept)
    generation = kept.state()["generation"]
    assert (_prune(kept)["changed"], kept.state()["generation"]) == (False, generation)
    assert len(audit.read_text().splitlines()) == before + 1


@pytest.mark.parametrize("how", [{"mode": "read"}, {"check": True}], ids=["read", "check mode"])
def test_only_to_look_nothing_changes(how: dict[str, Any], kept: FakeHost) -> None:
    state, log = kept.state(), list(kept.engine.log)
    result = _prune(kept, **how)
    assert (result["outcome"], result["releases"]) == ("read", ["1-a", "2-b"])
    assert (result["changed"], kept.state(), kept.engine.log) == (False, state, log)
    assert _kept(kept) == list(RELEASES)


def _interrupted(host: FakeHost) -> None:
    """A run that was killed after it had staged 1-a again; somebody took its lock away."""
    acquired = host.step("acquire", run=a_run("r9"))
    host.engine.images.discard(image_of("1-a"))
    stage = {"run": a_run("r9"), "generation": acquired["generation"], "slot": "green"}
    assert host.step("stage", **stage, manifest=a_manifest("1-a"))["ok"]
    assert host.step("unlock", run=a_run("r10"), target="r9")["released"] == ["run"]


def _rolled_back(host: FakeHost) -> None:
    """1-a serves again, and is the last good one."""
    host.deploy("1-a", "blue", old="green")


NEEDED: list[Any] = [
    pytest.param(_interrupted, ["2-b"], id="what an interrupted run has staged"),
    pytest.param(_rolled_back, ["2-b", "3-c"], id="an old release that serves"),
]


@pytest.mark.parametrize(("change", "gone"), NEEDED)
def test_what_is_still_needed_stays(
    change: Callable[[FakeHost], None], gone: list[str], kept: FakeHost
) -> None:
    change(kept)
    result = _prune(kept)
    assert (result["ok"], result["releases"]) == (True, gone), result["problem"]


def test_a_run_at_work_refuses_and_nothing_goes(kept: FakeHost) -> None:
    assert kept.step("acquire", run=a_run("r9"))["ok"]
    looked, result = _prune(kept, mode="read"), _prune(kept)
    assert (result["ok"], result["outcome"], _kept(kept)) == (False, "locked", list(RELEASES))
    assert looked["would_refuse"] == result["problem"]
    assert "locked by deploy by ana@laptop" in result["problem"]["found"]


def test_the_lock_of_a_dead_run_is_not_broken(kept: FakeHost) -> None:
    assert kept.step("acquire", run=a_run("r9"))["ok"]
    result = _prune(kept, alive={"scan_ticks": 200, "processes": []})
    assert (result["ok"], result["outcome"]) == (False, "locked")
    assert result["problem"]["next"] == "./invoke abort, or ./invoke lock.release --run=r9"


def test_containers_left_in_an_empty_slot(host: FakeHost) -> None:
    host.deploy("1-a", "blue")
    host.engine.here["x"] = container("x", "iris-green", "api-1", state="exited")
    assert _prune(host)["slots"] == ["green"]
    assert "x" not in host.engine.here
    host.engine.here["y"] = container("y", "iris-green", "api-1")
    assert _prune(host)["slots"] == []
    assert "y" in host.engine.here


def test_an_image_that_another_application_names_stays(kept: FakeHost) -> None:
    other = {"app": "twin", "run": a_run("r8")}
    acquired = kept.step("acquire", **other)
    stage = {**other, "generation": acquired["generation"], "slot": "blue"}
    manifest = a_manifest("9-a", images={"api": image_of("1-a")})
    assert kept.step("stage", **stage, manifest=manifest)["ok"]
    assert _prune(kept)["images"] == [image_of("2-b")]
    assert image_of("1-a") in kept.engine.images


def test_a_retention_of_nothing_is_wrong_use(kept: FakeHost) -> None:
    assert _prune(kept, retention=0)["problem"]["where"] == "retention"


def _neighbour(host: FakeHost, release: str, **changes: Any) -> None:
    """Another application of the host, with one release."""
    folder = host.root / "other/releases" / release
    folder.mkdir(parents=True)
    content = a_manifest(release, app="other", **changes)
    write_sealed(folder / "release.json", {"manifest": content})


def test_an_image_that_another_application_has_as_an_accessory_stays(kept: FakeHost) -> None:
    images = {"db": image_of("1-a")}
    accessories = {"compose": "", "hash": "d", "services": [], "images": images}
    _neighbour(kept, "1-x", accessories=accessories)
    assert _prune(kept)["images"] == [image_of("2-b")]
    assert image_of("1-a") in kept.engine.images


def test_images_stay_while_another_application_s_release_cannot_be_read(kept: FakeHost) -> None:
    _neighbour(kept, "1-x")
    path = kept.root / "other/releases/1-x/release.json"
    path.write_text("{")
    result = _prune(kept)
    assert (result["ok"], result["releases"], result["images"]) == (True, ["1-a", "2-b"], [])
    assert image_of("1-a") in kept.engine.images
    assert any(str(path) in one for one in result["remarks"])
    kept.deploy("5-e", "blue", old="green")  # its own releases go on


def test_an_image_that_a_release_has_come_to_name_meanwhile_stays(
    kept: FakeHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between finding what is surplus and removing it another application is deployed."""
    find, calls = prune.surplus_of, iter(range(2))

    def and_then(*args: Any, **asked: Any) -> Any:
        found = find(*args, **asked)
        if next(calls) == 1:  # the second time it has the application's lock, not the other's
            _neighbour(kept, "1-x", images={"api": image_of("1-a")})
        return found

    monkeypatch.setattr(prune, "surplus_of", and_then)
    result = _prune(kept)
    assert result["ok"], result["problem"]
    assert image_of("1-a") in kept.engine.images
    assert image_of("2-b") not in kept.engine.images


def test_an_image_that_another_application_prunes_meanwhile_is_pulled(
    host: FakeHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was here when the release began to be staged, and no release named it until now."""
    host.engine.images.add(image_of("1-a"))

    def and_then(*args: Any) -> None:
        host.engine.images.clear()
        write_release(*args)

    monkeypatch.setattr(stage, "write_release", and_then)
    generation = host.step("acquire")["generation"]
    result = host.step("stage", generation=generation, manifest=a_manifest("1-a"))
    assert result["pulled"] == [image_of("1-a")]
