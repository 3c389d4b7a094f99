"""What drift says `doctor --fix` puts right it does put right; of the rest it names a verb."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest
from ansible.module_utils.rollway.engine import EngineProblem

from tests.unit.module_utils.doctor_fixtures import API, FIRST, SECOND, WARM_API, fix
from tests.unit.module_utils.fakes import FakeHost

WORKER = "iris-green-mail-1-1"
NETWORK = "iris-green_default"


def _drift(host: FakeHost) -> list[dict[str, str]]:
    found: list[dict[str, str]] = host.step("drift")["findings"]
    return found


def _stopped(name: str) -> Callable[[FakeHost], None]:
    return lambda host: host.engine.stop(name, grace_seconds=1)


def _gone(name: str) -> Callable[[FakeHost], None]:
    return lambda host: host.engine.remove(name)


def _labelled(name: str, release: str) -> Callable[[FakeHost], None]:
    def change(host: FakeHost) -> None:
        host.engine.here[name]["Config"]["Labels"]["io.rollway.release"] = release

    return change


def _image(name: str) -> Callable[[FakeHost], None]:
    def change(host: FakeHost) -> None:
        host.engine.here[name]["Config"]["Image"] = "iris:dev"

    return change


def _paused(host: FakeHost) -> None:
    host.engine.here[WORKER]["State"]["Status"] = "paused"


def _edited(path: str) -> Callable[[FakeHost], None]:
    def change(host: FakeHost) -> None:
        (host.root / "iris" / path).chmod(0o600)
        (host.root / "iris" / path).write_text("edited\n")

    return change


def _removed(path: str) -> Callable[[FakeHost], None]:
    return lambda host: (host.root / "iris" / path).unlink()


def _mode(host: FakeHost) -> None:
    (host.root / f"iris/releases/{SECOND}/files/conf/app.yml").chmod(0o644)


def _linked(host: FakeHost) -> None:
    path = host.root / f"iris/releases/{SECOND}/files/conf/app.yml"
    path.unlink()
    path.symlink_to("/etc/hostname")


def _spoiled_by_hand(**attributes: Any) -> Callable[[FakeHost], None]:
    """The network of the warm slot, made by hand otherwise than the release has it."""

    def change(host: FakeHost) -> None:
        host.engine.networks = lambda project: [  # type: ignore[method-assign]
            {"Id": NETWORK, "Name": NETWORK, "Driver": "bridge", **attributes}
            for name in host.engine.nets
            if (name, project) == (NETWORK, "iris-green")
        ]

    return change


COMPOSE = f"releases/{SECOND}/compose.yml"
MENDED: list[Any] = [
    pytest.param(_stopped(API), "container", id="a web container that stands still"),
    pytest.param(_gone(API), "container", id="a replica that is gone"),
    pytest.param(_gone(WORKER), "container", id="a worker that is gone"),
    pytest.param(_paused, "container", id="a worker that is paused"),
    pytest.param(_gone(WARM_API), "container", id="a container of the warm slot that is gone"),
    pytest.param(_image(WORKER), "image", id="a worker of another image"),
    pytest.param(_image(WARM_API), "image", id="another image in the warm slot"),
    pytest.param(_labelled(WORKER, FIRST), "release", id="a worker of another release"),
    pytest.param(_edited(COMPOSE), "file", id="a Compose file that was edited"),
    pytest.param(_removed(COMPOSE), "file", id="a Compose file that is gone"),
    pytest.param(_edited(f"releases/{SECOND}/files/conf/app.yml"), "file", id="a mounted file"),
    pytest.param(_removed(f"releases/{FIRST}/files/conf/app.yml"), "file", id="one that is gone"),
    pytest.param(_mode, "file", id="a file that others may read"),
    pytest.param(_linked, "file", id="a link in place of a file"),
    pytest.param(_edited("slots/green.env"), "environment", id="values of a slot"),
    pytest.param(_removed("slots/blue.env"), "environment", id="values that are gone"),
]


@pytest.mark.parametrize(("change", "kind"), MENDED)
def test_doctor_puts_right_what_drift_tells_it_to(
    change: Callable[[FakeHost], None], kind: str, well: FakeHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "chown", lambda *_, **__: None)
    assert _drift(well) == []
    change(well)
    found = _drift(well)
    assert found
    assert {(one["kind"], one["verb"]) for one in found} == {(kind, "doctor")}
    assert fix(well)["findings"] == []
    assert _drift(well) == []


def test_a_container_is_mended_by_the_recorded_files_alone(well: FakeHost) -> None:
    _gone(API)(well)
    fix(well)
    command = " ".join([line for line in well.commands if "up" in line][-1])
    assert f"--file {well.root}/iris/releases/{SECOND}/compose.yml" in command
    assert command.endswith("up --detach --no-build --pull never --no-deps -- api-1")


def test_a_mounted_file_is_written_where_it_lies(well: FakeHost) -> None:
    """A container that mounts the file has the file, not the name."""
    path = well.root / f"iris/releases/{SECOND}/files/conf/app.yml"
    before = path.stat().st_ino
    _edited(f"releases/{SECOND}/files/conf/app.yml")(well)
    fix(well)
    assert (path.read_text(), path.stat().st_ino) == ("answer: 42\n", before)


RESTARTED: list[Any] = [
    pytest.param(_image(API), "image", id="another image"),
    pytest.param(_labelled(API, FIRST), "release", id="another release"),
]


@pytest.mark.parametrize(("change", "kind"), RESTARTED)
def test_what_serves_is_not_made_anew_in_place(
    change: Callable[[FakeHost], None], kind: str, well: FakeHost
) -> None:
    change(well)
    assert [(one["kind"], one["verb"]) for one in _drift(well)] == [(kind, "restart")]
    fix(well)
    assert API in well.running()
    assert not [line for line in well.engine.log if line.startswith("up ")]


def test_a_network_that_stands_otherwise_than_the_release_has_it(well: FakeHost) -> None:
    _spoiled_by_hand(Internal=True, EnableIPv6=True)(well)
    assert [(one["where"], one["found"], one["accepted"]) for one in _drift(well)] == [
        (NETWORK, "internal: true", "internal: false"),
        (NETWORK, "enable_ipv6: true", "enable_ipv6: false"),
    ]


def test_what_a_restart_leaves_is_about_to_go_and_no_drift(well: FakeHost) -> None:
    """It has the release that serves: nobody goes back to it."""
    state = well.root / "iris/state.json"
    assert _drift(well) == []
    well.clock.sleep(301)  # the warm slot's time is over, and the timer has not come yet
    _gone(WARM_API)(well)
    assert state.is_file()
    assert _drift(well) == []


def test_who_was_in_a_network_that_cannot_be_removed_is_in_it_again(
    well: FakeHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(network: str) -> None:
        raise EngineProblem(f"network {network}", "it is in use", status=403)

    _spoiled_by_hand(Internal=True)(well)
    for name in (WORKER, WARM_API):
        networks = well.engine.here[name]["NetworkSettings"]["Networks"]
        networks[NETWORK] = {"Aliases": [name]}
    monkeypatch.setattr(well.engine, "remove_network", refuse)
    fix(well)
    for name in (WORKER, WARM_API):
        assert f"disconnect {name} from {NETWORK}" in well.engine.log
        assert f"connect {name} to {NETWORK} as {name}" in well.engine.log
