"""What refuses an adoption before any change."""

from __future__ import annotations

from typing import Any

import pytest

from rollway import exits
from rollway.rollout.journal import Event
from rollway.rollout.mounts import mounts_of
from rollway.rollout.planning import decide
from tests.unit.rollout.adoption_fixtures import (
    HOSTS,
    ROWS,
    SHOP,
    adoptable,
    adopting,
    container,
    plain_fleet,
    plain_host,
    record,
)
from tests.unit.rollout.fleet_fixtures import release

WHICH = "--env=local --app=iris"
FILE = "apps/iris/compose.yml"
CACHE = {"kind": "anonymous", "source": "a" * 64, "target": "/cache"}
OTHER_ROWS = {"kind": "volume", "source": "shop_rows", "target": "/rows"}
STRAY = {"kind": "volume", "source": "shop_logs", "target": "/logs"}
NO_NAME = {"kind": "anonymous", "source": "b" * 64, "target": "/rows"}
FOLDER = {"kind": "folder", "source": "/srv/files", "target": "/files"}
FILE_THERE = {"kind": "file", "source": "/home/shop/app.conf", "target": "/etc/app.conf"}
OTHER_FOLDER = {"kind": "folder", "source": "/home/shop/files", "target": "/files"}

ACCEPTED: list[Any] = [
    pytest.param(SHOP, id="the same volume"),
    pytest.param([container("api", CACHE)], id="what is kept in memory from now on"),
    pytest.param([container("api", FOLDER)], id="the same folder"),
    pytest.param([container("api", FILE_THERE)], id="a file that the release has of its own"),
    pytest.param([container("old", OTHER_ROWS, NO_NAME)], id="data of a service that is gone"),
    pytest.param(
        [container("old", ROWS, state="exited")], id="data of the accessory, where nothing runs"
    ),
    pytest.param([container("old", ROWS, writes=[])], id="data that is only read beside it"),
    pytest.param([container("db", ports=[5432])], id="the port of the accessory itself"),
]


@pytest.mark.parametrize("containers", ACCEPTED)
def test_takes(containers: list[dict[str, Any]]) -> None:
    assert decide(adopting(), plain_fleet(*containers)).refusal is None


REFUSED: list[Any] = [
    pytest.param(
        plain_fleet(container("db", OTHER_ROWS)),
        "volume shop_rows",
        "shop-db-1 has it at /rows, where the release would have iris_rows",
        f"write volumes: {{rows: {{name: shop_rows}}}} in {FILE}",
        id="a volume of another name",
    ),
    pytest.param(
        plain_fleet(container("api", STRAY)),
        "volume shop_logs",
        "shop-api-1 has it at /logs, where the release would have nothing",
        "mount it (services/api/volumes: [data:/logs]) and write volumes: {data: {name: "
        f"shop_logs}}}} in {FILE}",
        id="a volume that the file does not mount",
    ),
    pytest.param(
        plain_fleet(container("db", {**ROWS, "target": "/elsewhere"})),
        "volume iris_rows",
        "shop-db-1 has it at /elsewhere, where the release would have it at /rows",
        f"write rows:/elsewhere in services/db/volumes of {FILE}",
        id="the same volume at another place",
    ),
    pytest.param(
        plain_fleet(container("api", {**FOLDER, "target": "/cache"})),
        "/srv/files",
        "shop-api-1 has it at /cache, where the release would have it at /files",
        f"write /srv/files:/cache in services/api/volumes of {FILE}",
        id="the same folder at a place that is in memory from now on",
    ),
    pytest.param(
        plain_fleet(container("db", NO_NAME)),
        "volume bbbbbbbbbbbb",
        "shop-db-1 has data at /rows, in a volume without a name",
        "copy it into a named volume, mount that at /rows in services/db/volumes, docker compose "
        "up -d, then adopt again",
        id="data in a volume without a name",
    ),
    pytest.param(
        plain_fleet(container("api", OTHER_FOLDER)),
        "/home/shop/files",
        "shop-api-1 may write to it, at /files, where the release would have /srv/files",
        f"write /home/shop/files:/files in services/api/volumes of {FILE}, or :ro in the "
        "project, and docker compose up -d",
        id="another folder",
    ),
    pytest.param(
        plain_fleet(container("api", {**FILE_THERE, "target": "/app.db"})),
        "/home/shop/app.conf",
        "shop-api-1 may write to it, at /app.db, where the release would have nothing",
        "write /home/shop/app.conf:/app.db in services/api/volumes of apps/iris/compose.yml, or "
        ":ro in the project, and docker compose up -d",
        id="a file that the file does not mount",
    ),
    pytest.param(
        plain_fleet(container("postgres", ROWS)),
        "volume iris_rows",
        "shop-postgres-1 may write to it and runs on, and db of the release would, too",
        "call the accessory db postgres, as the project does, or docker stop shop-postgres-1 on "
        f"app-1, then ./invoke adopt {WHICH} again",
        id="a database of another name on the same volume",
    ),
    pytest.param(
        plain_fleet(*SHOP, beside=[{"name": "pg", "state": "running", "writes": ["/srv/rows"]}]),
        "/srv/rows",
        "pg may write to it and runs on, and db of the release would, too",
        f"docker stop pg on app-1, then ./invoke adopt {WHICH} again",
        id="a container of no project on the same folder",
    ),
    pytest.param(
        plain_fleet(*SHOP, beside=[{"name": "pg", "state": "running", "writes": ["/srv"]}]),
        "/srv/rows",
        "pg may write to it and runs on, and db of the release would, too",
        f"docker stop pg on app-1, then ./invoke adopt {WHICH} again",
        id="a container of no project on a folder around it",
    ),
    pytest.param(
        plain_fleet(*SHOP, active="blue", blue="1-a", releases={"1-a": release("a")}),
        "shop-db-1",
        "it works beside 1-a, which serves here: where the run fails it would stay down",
        f"docker stop shop-db-1 on app-1, then ./invoke adopt {WHICH} again",
        id="a database beside a release that serves",
    ),
    pytest.param(
        plain_fleet(container("api", ports=[5432])),
        "port 5432",
        "shop-api-1 publishes it, and db of the release needs it",
        f"change ports of api in the project, docker compose up -d, then ./invoke adopt {WHICH} "
        "again",
        id="a port that an accessory needs",
    ),
    pytest.param(
        plain_fleet(container("db", ports=[80]), edge_ports=[80, 8405]),
        "port 80",
        "shop-db-1 publishes it, and HAProxy on this host needs it",
        f"change ports of db in the project, docker compose up -d, then ./invoke adopt {WHICH} "
        "again",
        id="a port of the edge on the same host",
    ),
    pytest.param(
        plain_fleet(container("api", name="shop-api-run-1", is_one_off=True)),
        "shop-api-run-1",
        "a command of api still runs",
        f"docker wait shop-api-run-1 on app-1, then ./invoke adopt {WHICH} again",
        id="somebody's own command",
    ),
    pytest.param(
        plain_fleet(facts={"memory_available_bytes": 512 * 1024**2}),
        "memory",
        "512 MiB available beside the project",
        "make room on app-1, or leave it out with --limit",
        id="no room for both",
    ),
    pytest.param(
        plain_fleet(*SHOP, is_rollway=True),
        "--project",
        "shop is a project of Rollway's own",
        f"./invoke deploy {WHICH} --version=X",
        id="a project of Rollway's own",
    ),
    pytest.param(
        plain_fleet(*SHOP, adopted=record("other")),
        "--project",
        "shop, while the place of other is being taken",
        f"./invoke adopt {WHICH} --version=X --project=other, or ./invoke abort {WHICH}",
        id="another project than before",
    ),
]


@pytest.mark.parametrize(("acquired", "where", "found", "following"), REFUSED)
def test_refuses(acquired: dict[str, Event], where: str, found: str, following: str) -> None:
    plan = decide(adopting(), acquired)
    assert plan.refusal is not None
    assert plan.refusal.exit_code == exits.REFUSED
    assert [one["host"] for one in plan.refusal.problems] == [*HOSTS]
    problem = plan.refusal.problems[0]
    assert (problem["where"], problem["found"]) == (where, found)
    assert problem["next"] == following
    assert problem["accepted"]


def test_a_project_that_is_nowhere_is_refused_with_those_that_are_there() -> None:
    hosts = {name: plain_host(name, projects=["front", "shop2"]) for name in HOSTS}
    plan = decide(adopting(), {**plain_fleet(), **hosts})
    assert plan.refusal is not None
    assert plan.refusal.exit_code == exits.REFUSED
    assert plan.refusal.problems[0] == {
        "host": "app-1",
        "where": "--project",
        "found": "no container of Compose project shop",
        "accepted": "front, shop2",
        "next": f"./invoke adopt {WHICH} --version=X --project=NAME",
    }


def test_a_database_where_the_release_has_none_is_named() -> None:
    release = adoptable()
    release["accessories"]["services"][0]["hosts"] = ["app-1"]
    plan = decide(adopting(manifest=release), plain_fleet())
    assert plan.refusal is not None
    assert [one["host"] for one in plan.refusal.problems] == ["app-2", "app-3"]
    assert plan.refusal.problems[0]["found"] == (
        "shop-db-1 runs here, and the release has it on app-1 alone"
    )


@pytest.mark.parametrize("state", ["running", "exited"])
def test_a_worker_of_which_the_fleet_has_one_is_not_taken_over(state: str) -> None:
    release = adoptable()
    release["services"].append({**release["services"][1], "name": "beat", "singleton": True})
    beat = container("beat", state=state)
    hosts = {"app-2": plain_host("app-2", *SHOP, beat)}
    plan = decide(adopting(manifest=release), {**plain_fleet(), **hosts})
    assert plan.refusal is not None
    assert plan.refusal.exit_code == exits.REFUSED
    assert plan.refusal.problems == [
        {
            "host": "app-2",
            "where": "x-rollway/services/beat/singleton",
            "found": "shop-beat-1 is here, and the release has one beat in the fleet",
            "accepted": "a project without beat on any host",
            "next": f"docker compose rm --stop beat on app-2, then ./invoke adopt {WHICH} again",
        }
    ]


def test_one_that_the_project_does_not_have_starts_on_one_host() -> None:
    release = adoptable()
    release["services"].append({**release["services"][1], "name": "beat", "singleton": True})
    plan = decide(adopting(manifest=release), plain_fleet())
    assert (plan.refusal, [one.host for one in plan.singletons]) == (None, ["app-1"])


def test_a_slash_at_the_end_makes_no_other_place() -> None:
    text = "services: {a-1: {volumes: [{type: bind, source: /srv/o/, target: /o/}]}}"
    assert mounts_of({"compose": text})["a-1"].places_of("/srv/o") == ["/o"]


def test_volumes_of_a_slot_alone_are_new_ones() -> None:
    text = "services: {a-1: {volumes: [{type: volume, source: own, target: /o}]}}\nvolumes: {own: }"
    found = mounts_of({"compose": text})["a-1"]
    assert found.targets == {"/o": ("own", "a new own in each slot")}


def test_what_is_in_memory_is_known_in_both_spellings() -> None:
    text = "services: {a-1: {tmpfs: '/x:size=1', volumes: [{type: tmpfs, target: /y}]}}"
    assert mounts_of({"compose": text})["a-1"].in_memory == {"/x", "/y"}
