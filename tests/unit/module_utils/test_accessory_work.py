"""Accessories over releases: which are made anew, why, and what stays as it is.

The releases are rendered as a deploy renders them; `up` of the host is the engine's stand-in.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.unit.module_utils.fakes import FakeHost, a_run
from tests.unit.release.app_fixtures import api, build

FIRST, SECOND, THIRD = "1-1.0", "2-1.0", "3-1.0"
WEB = [{"name": "api", "replicas": 1}]
DB = "iris-accessories-db-1"
ADDRESSES = {"app-1": "192.0.2.11"}


@pytest.fixture(autouse=True)
def ownerless(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of a release may belong to whom they like."""
    monkeypatch.setattr(os, "chown", lambda *_: None)


def compose() -> dict[str, Any]:
    """A database with a file of every kind, and a cache that shares nothing with it."""
    database = {
        "image": "db:1",
        "ports": ["5432:5432"],
        "configs": ["conf"],
        "secrets": ["key", "token"],
        "env_file": "db.env",
        "volumes": ["./init:/init:ro", "data:/data"],
        "networks": ["back"],
        "user": "70",
    }
    cache = {"image": "cache:1", "ports": ["6379:6379"], "volumes": ["./cache.conf:/c:ro"]}
    accessory = {"class": "accessory", "hosts": "app-1"}
    return {
        "services": {"api": api(), "db": database, "cache": cache},
        "configs": {"conf": {"content": "a"}},
        "secrets": {"key": {"file": "key.txt"}, "token": {"environment": "TOKEN"}},
        "networks": {"back": {"internal": False, "labels": {"team": "data"}}},
        "volumes": {"data": None},
        "x-rollway": {
            "http": {"service": "api", "port": 8000},
            "services": {"db": accessory, "cache": accessory},
        },
    }


class App:
    """An application's folder, released again and again to one host."""

    def __init__(self, host: FakeHost, folder: Path) -> None:
        self.host, self.folder, self.content = host, folder, compose()
        self.token = "t"
        app = folder / "iris"
        (app / "init").mkdir(parents=True)
        for name in ("key.txt", "db.env", "cache.conf", "init/a.sql"):
            (app / name).write_text("A=1\n")

    def manifest(self, release: str) -> dict[str, Any]:
        text = yaml.safe_dump(self.content, sort_keys=False)
        built = build(self.folder, text, variables={"TOKEN": self.token}, hosts=ADDRESSES)
        return {**built, "id": release}

    def stage(self, release: str) -> dict[str, Any]:
        acquired = self.host.step("acquire", services=WEB)
        common = {"generation": acquired["generation"], "slot": "blue"}
        return self.host.step("stage", manifest=self.manifest(release), **common)

    def planned(self, release: str) -> dict[str, list[str]]:
        """What a plan of the files as they are now says of accessories."""
        manifest = self.manifest(release)
        asked = {"mode": "read", "compare": manifest, "address": "192.0.2.11"}
        found = self.host.step("acquire", **asked)["accessories"][""]
        return {name: one["why"] for name, one in found.items()}

    def ups(self) -> list[list[str]]:
        """The services of each `up`, with the word `anew` before those that were forced."""
        calls = [line for line in self.host.commands if "up" in line]
        return [
            [*(["anew"] if "--force-recreate" in line else []), *line[line.index("--") + 1 :]]
            for line in calls
        ]


@pytest.fixture
def app(host: FakeHost, tmp_path: Path) -> App:
    """The application with its first release on the host."""
    made = App(host, tmp_path / "apps")
    assert made.stage(FIRST)["ok"]
    host.engine.nets = {"iris-accessories_back": "iris-accessories"}
    return made


def _write(name: str, text: str = "B=2\n") -> Callable[[App], None]:
    def change(app: App) -> None:
        (app.folder / "iris" / name).write_text(text)

    return change


def _set(*path: str, to: Any) -> Callable[[App], None]:
    def change(app: App) -> None:
        content = app.content
        for key in path[:-1]:
            content = content[key]
        content[path[-1]] = to

    return change


def _token(app: App) -> None:
    app.token = "other"


def _away(app: App) -> None:
    del app.content["networks"]["back"]["internal"]


CHANGES: list[Any] = [
    pytest.param(_set("services", "db", "image", to="db:2"), ["image"], id="image"),
    pytest.param(_set("services", "db", "command", to="x"), ["definition"], id="definition"),
    pytest.param(_set("configs", "conf", "content", to="b"), ["config conf"], id="inline config"),
    pytest.param(_write("key.txt"), ["secret key"], id="secret of a file"),
    pytest.param(_token, ["secret token"], id="secret of the environment"),
    pytest.param(_write("db.env"), ["file db.env"], id="env file"),
    pytest.param(_write("init/a.sql"), ["file init"], id="file of a folder that is mounted"),
    pytest.param(_write("init/b.sql"), ["file init"], id="file more in such a folder"),
    pytest.param(_set("networks", "back", "internal", to=True), ["network back"], id="internal"),
    pytest.param(_away, ["network back"], id="key of a network left out"),
    pytest.param(
        _set("networks", "back", "driver_opts", to={"com.docker.network.driver.mtu": "1400"}),
        ["network back"],
        id="driver_opts",
    ),
    pytest.param(
        _set("networks", "back", "labels", "team", to="ops"), ["network back"], id="labels"
    ),
    pytest.param(_set("networks", "back", "enable_ipv6", to=True), ["network back"], id="IPv6"),
    pytest.param(_set("volumes", "data", to={"name": "old"}), ["volume data"], id="volume's name"),
]


@pytest.mark.parametrize(("change", "why"), CHANGES)
def test_what_changed_of_an_accessory_makes_it_anew_and_no_other(
    change: Callable[[App], None], why: list[str], app: App
) -> None:
    change(app)
    assert app.planned(SECOND) == {"db": why}
    result = app.stage(SECOND)
    assert result["ok"], result["problem"]
    assert app.ups() == [["db", "cache"], ["anew", "db"]]
    assert result["remarks"] == [f"iris-accessories/db is made anew: {', '.join(why)}"]
    state = app.host.state()
    assert (state["accessories_release"], state["accessories_unsure"]) == (SECOND, [])
    assert app.planned(THIRD) == {}


def test_nothing_changed_touches_nothing_whatever_else_a_release_brings(app: App) -> None:
    app.content["services"]["api"]["command"] = "other"
    assert app.planned(SECOND) == {}
    assert app.stage(SECOND)["ok"]
    assert app.ups() == [["db", "cache"]]
    assert app.host.state()["accessories_release"] == FIRST


def test_a_host_of_an_older_rollway_is_compared_by_the_release_it_has(app: App) -> None:
    path = app.host.root / "iris/state.json"
    state = app.host.state()
    state.pop("accessories_unsure")
    state.pop("checksum", None)
    assert FIRST in path.read_text()
    assert app.stage(SECOND)["ok"]
    assert app.ups() == [["db", "cache"]]


def test_a_network_that_changed_goes_with_nobody_in_it(app: App) -> None:
    engine = app.host.engine
    inside = {"iris-accessories_back": {"IPAddress": "172.19.0.2", "Aliases": ["db"]}}
    engine.here[DB]["NetworkSettings"]["Networks"] = dict(inside)
    guest = {**engine.here[DB], "Id": "guest", "Name": "/guest"}
    guest["Config"] = {**guest["Config"], "Labels": {"com.docker.compose.project": "other"}}
    engine.here["guest"] = {**guest, "NetworkSettings": {"Networks": dict(inside)}}
    app.content["networks"]["back"]["internal"] = True
    assert app.stage(SECOND)["ok"]
    log = [line for line in engine.log if "iris-accessories_back" in line]
    assert log == [
        f"disconnect {DB} from iris-accessories_back",
        "disconnect guest from iris-accessories_back",
        "remove network iris-accessories_back",
        "connect guest to iris-accessories_back as db",
    ]
    assert not [line for line in engine.log if line.startswith("remove iris")]


def test_one_that_does_not_come_up_anew_is_as_before(app: App) -> None:
    app.host.comes_up = {"db": {"state": "exited", "exit_code": 1}}
    app.host.clock.after(0, app.host.comes_up.clear)
    app.content["configs"]["conf"]["content"] = "b"
    result = app.stage(SECOND)
    assert not result["ok"]
    assert app.ups()[1:] == [["anew", "db"], ["anew", "db"]]
    files = [line[line.index("--file") + 1] for line in app.host.commands if "up" in line]
    assert [Path(file).parent.name for file in files] == [FIRST, SECOND, FIRST]


def test_one_whose_change_was_cut_off_is_made_anew_by_whatever_comes_next(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.content["configs"]["conf"]["content"] = "b"
    with monkeypatch.context() as cut:
        cut.setattr(app.host, "_up", lambda _: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            app.stage(SECOND)
    app.content["configs"]["conf"]["content"] = "a"
    assert app.planned(THIRD) == {"db": ["a run left it half made"]}
    assert app.stage(THIRD)["ok"]
    assert app.ups()[-1] == ["anew", "db"]


def test_one_that_is_published_at_another_address_is_made_anew(app: App) -> None:
    bindings = {"5432/tcp": [{"HostIp": "192.0.2.99", "HostPort": "5432"}]}
    app.host.engine.here[DB]["HostConfig"]["PortBindings"] = bindings
    assert app.planned(SECOND) == {"db": ["address"]}


def _changed_while_first_serves(app: App) -> dict[str, Any]:
    """A release that changes the database is on trial; what its end is to be called with."""
    host = app.host
    run = {"generation": host.state()["generation"], "slot": "blue", "release_id": FIRST}
    assert host.step("start", **run)["ok"]
    assert host.step("conclude", **run, outcome="good", active_slot="blue")["ok"]
    app.content["configs"]["conf"]["content"] = "b"
    assert app.stage(SECOND)["ok"]
    return {**run, "generation": host.state()["generation"], "outcome": "bad"}


def test_a_run_that_goes_back_brings_accessories_back(app: App) -> None:
    ended = app.host.step("conclude", **{**_changed_while_first_serves(app), "release_id": SECOND})
    assert ended["ok"], ended["problem"]
    assert app.ups()[-1] == ["anew", "db"]
    assert app.host.state()["accessories_release"] == FIRST


def test_one_that_could_not_be_brought_back_is_drift_and_mended(app: App) -> None:
    end = {**_changed_while_first_serves(app), "release_id": SECOND}
    host = app.host
    host.up_fails = "no space left on device"
    assert host.step("conclude", **end)["ok"]
    host.up_fails = ""
    (found,) = (one for one in host.step("drift")["findings"] if one["kind"] == "accessory")
    assert (found["where"], found["verb"]) == ("iris-accessories/db", "doctor")
    host.step("doctor", run=a_run("doctor-1"), edges_told=True)
    assert [one for one in host.step("drift")["findings"] if one["kind"] == "accessory"] == []
    assert host.state()["accessories_release"] == FIRST


def test_one_that_is_taken_out_of_the_file_stays_and_is_told_of(app: App) -> None:
    """A release that is kept may want it again, and its data may be wanted, too."""
    host, cache = app.host, "iris-accessories-cache-1"
    del app.content["services"]["cache"]
    del app.content["x-rollway"]["services"]["cache"]
    app.content["services"]["db"]["command"] = "other"
    assert app.stage(SECOND)["ok"]
    assert cache in host.running()
    result = host.step("drift")
    assert [one for one in result["findings"] if one["kind"] == "container"] == []
    told = [one for one in result["remarks"] if cache in one]
    assert [one.partition("next: ")[2] for one in told] == [f"docker rm --force {cache}"]


def test_values_of_accessories_belong_to_no_slot(app: App) -> None:
    env = (app.host.root / "iris/slots/accessories.env").read_text()
    assert "ROLLWAY_SLOT=accessories\n" in env
