"""What the plan, the progress and `status` say of an adoption."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rollway.report.interrupted import left_in
from rollway.report.lines import say
from rollway.report.plan_table import plan_lines
from rollway.report.result import write_report
from rollway.rollout.journal import Event, Journal
from rollway.rollout.planning import decide
from rollway.rollout.preview import preview
from tests.unit.rollout.adoption_fixtures import (
    SHOP,
    adoptable,
    adopting,
    container,
    plain_fleet,
    plain_host,
    record,
)
from tests.unit.rollout.adoption_runs import AGAIN, GAP, WHICH, Run, begun_fleet
from tests.unit.rollout.fleet_fixtures import request


def test_the_plan_says_what_becomes_of_everything() -> None:
    gone = container("old", {"kind": "volume", "source": "shop_x", "target": "/x"})
    cache = {"kind": "anonymous", "source": "a" * 64, "target": "/cache"}
    file = {"kind": "file", "source": "/home/shop/app.conf", "target": "/etc/app.conf"}
    shop = (container("api", cache, file, ports=[8080]), *SHOP[1:], gone)
    acquired = {**plain_fleet(*shop), "app-3": plain_host("app-3")}
    asked = adopting(reads_only=True, is_confirmed=False)
    plan = decide(asked, acquired)
    shown = preview(plan, asked, acquired)
    first, _, last = shown["adoption"]
    assert [(one["service"], one["class"], one["becomes"]) for one in first["containers"]] == [
        ("api", "web", "runs on, removed when the run is good"),
        (
            *("db", "accessory"),
            "stops before the release's own starts on its data, removed when the run is good",
        ),
        ("mail", "worker", "stops when the release's own starts, removed when the run is good"),
        (
            *("old", "gone"),
            "runs on, removed when the run is good: the file has no such service",
        ),
    ]
    assert [(one["source"], one["becomes"]) for one in first["data"]] == [
        ("a" * 64, "stays, and is in memory from now on"),
        (
            "/home/shop/app.conf",
            "stays, and a file of the release takes its place, to be read only",
        ),
        ("iris_rows", "taken over as it is"),
        ("shop_x", "stays, and nothing uses it any more"),
    ]
    assert (last["containers"], last["data"]) == ([], [])
    assert GAP in shown["warnings"]
    lines = plan_lines(shown, with_diff=False)
    assert (
        "app-1: shop-api-1 (web, running, abc, port 8080): runs on, removed when the run is good"
    ) in lines
    assert "app-1: iris_rows at /rows of db: taken over as it is" in lines
    assert "app-3: nothing of project shop, a new host" in lines


def test_the_end_of_a_check_names_what_carries_it_out(tmp_path: Path) -> None:
    asked = adopting(reads_only=True)
    Run(tmp_path, asked, plain_fleet())
    for event in plain_fleet().values():
        Journal(tmp_path).append(event)
    result = write_report(tmp_path)
    assert (result["outcome"], result["next"]) == ("planned", AGAIN)


CONCLUDED = [
    ({}, "app-1: recorded and unlocked"),
    (
        {"removed": ["shop-db-1"], "kept": ["shop-api-1"]},
        "app-1: recorded and unlocked; removed: shop-db-1; kept: shop-api-1",
    ),
    ({"started": ["shop-db-1"]}, "app-1: recorded and unlocked; started: shop-db-1"),
]


@pytest.mark.parametrize(("plain", "line"), CONCLUDED)
def test_a_host_says_what_became_of_the_project(plain: dict[str, Any], line: str) -> None:
    assert say(Event("conclude", "app-1", result={"plain": plain}), None) == line


def test_status_says_how_an_adoption_goes_on() -> None:
    found = left_in(request("status"), begun_fleet())
    assert found is not None
    assert found["next"] == f"{AGAIN} continues, ./invoke abort {WHICH} goes back"


def test_how_it_goes_on_names_what_the_hosts_have_on_record() -> None:
    """Without `--keep` and `--limit` it would remove more, and on more hosts, than was asked."""
    acquired = begun_fleet(adopted={**record(), "keeps_web": True})
    plain = plain_host("app-3")
    back = f"./invoke rollback {WHICH} --limit=app-1,app-2"
    following = f"{AGAIN} --keep --limit=app-1,app-2 continues, {back} goes back"
    found = left_in(request("status"), {**acquired, "app-3": plain})
    assert found is not None
    assert found["next"] == following
    refusal = decide(request(), {**acquired, "app-3": plain}).refusal
    assert refusal is not None
    assert refusal.problems[0]["next"] == following


def test_web_containers_that_are_to_stay_do() -> None:
    asked = adopting(reads_only=True, adopt={"project": "shop", "keep": True})
    acquired = plain_fleet()
    shown = preview(decide(asked, acquired), asked, acquired)
    assert shown["adoption"][0]["containers"][0]["becomes"] == "runs on, and stays"


def test_the_release_runs_what_the_file_says(tmp_path: Path) -> None:
    """Jobs, disk and all other gates are those of a deploy."""
    asked = adopting()
    acquired = plain_fleet(facts={"disk_free_bytes": 1})
    run = Run(tmp_path, asked, acquired)
    assert run.plan.refusal is not None
    assert {one["where"] for one in run.plan.refusal.problems} == {"disk"}
    job = {"name": "migrate", "when": "before_traffic", "idempotent": False}
    planned = decide(adopting(manifest=adoptable(jobs=[job])), plain_fleet())
    assert [one.host for one in planned.jobs] == ["app-1"]
