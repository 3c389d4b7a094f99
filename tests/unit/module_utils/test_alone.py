"""Nothing else writes to what an accessory writes to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.unit.module_utils.fake_engine import container
from tests.unit.module_utils.fakes import FakeHost
from tests.unit.module_utils.test_accessories import WEB, stage, with_database

ADOPT = {"project": "shop", "keep": False}
ROWS = {"Type": "volume", "Name": "shop_rows", "Destination": "/rows", "RW": True}
DATABASE = "iris-accessories-db-1"
STOP = "docker stop shop-db-1, or other data in apps/iris/compose.yml"


def on_data(*sources: str, **changes: Any) -> dict[str, Any]:
    """A release whose database writes to these volumes and folders."""
    manifest = with_database(**changes)
    manifest["accessories"]["data"] = {"db": [*sources], "cache": ["shop_logs"]}
    return manifest


def beside(host: FakeHost, project: str = "shop", service: str = "db", **changes: Any) -> None:
    """Let another container run, on the same volume unless told otherwise."""
    found = container("shop-db-1", project, service, **{"mounts": [ROWS], **changes})
    host.engine.here["shop-db-1"] = found


OTHERS: list[Any] = [
    pytest.param("shop", "db", "./invoke adopt --app=iris --project=shop", id="the same service"),
    pytest.param("shop", "postgres", STOP, id="a service of another name"),
    pytest.param("", "", STOP, id="a container of no project"),
]


@pytest.mark.parametrize(("project", "service", "following"), OTHERS)
def test_an_external_volume_in_use_is_refused(
    host: FakeHost, project: str, service: str, following: str
) -> None:
    beside(host, project, service)
    problem = stage(host, on_data("shop_rows"))["problem"]
    whose = f" of Compose project {project}" if project else ""
    assert (problem["where"], problem["found"]) == (
        "volume shop_rows",
        f"shop-db-1{whose} uses it",
    )
    assert problem["next"] == following
    assert host.running() == ["shop-db-1"]


def test_another_application_s_container_is_no_exception(host: FakeHost) -> None:
    beside(host, "other-accessories", labels={"io.rollway.app": "other"})
    assert stage(host, on_data("shop_rows"))["problem"]["next"] == STOP


def test_a_folder_in_use_is_refused(host: FakeHost, tmp_path: Path) -> None:
    folder = {"Type": "bind", "Source": str(tmp_path), "Destination": "/rows", "RW": True}
    beside(host, mounts=[folder])
    assert stage(host, on_data(str(tmp_path)))["problem"]["where"] == str(tmp_path)


@pytest.mark.parametrize("where", ["above", "below", "linked"])
def test_a_folder_around_or_inside_is_in_use_too(
    host: FakeHost, tmp_path: Path, where: str
) -> None:
    data = tmp_path / "shop" / "rows"
    (data / "base").mkdir(parents=True)
    (tmp_path / "link").symlink_to(data)
    source = {"above": data.parent, "below": data / "base", "linked": tmp_path / "link"}[where]
    folder = {"Type": "bind", "Source": str(source), "Destination": "/x", "RW": True}
    beside(host, mounts=[folder])
    assert stage(host, on_data(str(data)))["problem"]["where"] == str(data)


def test_a_file_in_use_is_refused(host: FakeHost, tmp_path: Path) -> None:
    (tmp_path / "rows.db").write_text("")
    file = {"Type": "bind", "Source": str(tmp_path / "rows.db"), "Destination": "/d", "RW": True}
    beside(host, mounts=[file])
    assert stage(host, on_data(str(tmp_path)))["problem"]["where"] == str(tmp_path)


def test_one_that_is_going_away_has_no_name(host: FakeHost, monkeypatch: Any) -> None:
    beside(host)
    listed = [{**one, "Names": []} for one in host.engine.containers()]
    monkeypatch.setattr(host.engine, "containers", lambda *_: listed)
    found = host.step("acquire", services=WEB, adopt=ADOPT)["plain"]["containers"]
    assert [one["name"] for one in found] == ["shop-db-1"]  # its id
    assert stage(host, on_data("shop_rows"))["problem"]["where"] == "volume shop_rows"


FREE: list[Any] = [
    pytest.param({"mounts": [{**ROWS, "RW": False}]}, id="one that only reads"),
    pytest.param({"state": "exited"}, id="one that stands still"),
    pytest.param({"mounts": [{**ROWS, "Name": "shop_logs"}]}, id="data of an accessory elsewhere"),
    pytest.param({"labels": {"io.rollway.app": "iris"}}, id="one of the application's own"),
    pytest.param(
        {"mounts": [{"Type": "bind", "Source": "/dev", "Destination": "/dev", "RW": True}]},
        id="a folder of the host's own",
    ),
]


@pytest.mark.parametrize("changes", FREE)
def test_others_are_let_be(host: FakeHost, changes: dict[str, Any]) -> None:
    beside(host, **changes)
    result = stage(host, on_data("shop_rows", "/dev"))
    assert result["ok"], result["problem"]
    assert DATABASE in host.running()


def test_one_that_has_just_stopped_is_free(host: FakeHost, monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine's list is a copy, behind by a moment."""
    beside(host)
    behind = host.engine.containers()
    host.engine.stop("shop-db-1", grace_seconds=1)
    monkeypatch.setattr(host.engine, "containers", lambda project=None: [] if project else behind)
    result = stage(host, on_data("shop_rows"))
    assert "uses it" not in str(result["problem"])


def test_acquire_says_who_else_writes_where(host: FakeHost) -> None:
    beside(host)
    host.engine.here["pg"] = container("pg", "", "", mounts=[{**ROWS, "Name": "rows"}])
    host.engine.here["web"] = container("web", "", "")
    found = host.step("acquire", services=WEB, adopt=ADOPT)["plain"]
    assert found["beside"] == [{"name": "pg", "state": "running", "writes": ["rows"]}]
    assert found["containers"][0]["writes"] == ["shop_rows"]
