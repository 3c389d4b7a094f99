from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rollway.errors import RollwayError
from tests.unit.release.app_fixtures import api, build, compose, rendered

DB = {"image": "postgres:16", "expose": ["5432"]}
ACCESSORY = {"services": {"db": {"class": "accessory", "hosts": "app-1"}}}


def content(depends_on: Any, **settings: Any) -> dict[str, Any]:
    services = {"api": api(depends_on=depends_on), "db": DB, "mail": api(depends_on=["api"])}
    return compose(services=services, x_rollway={**ACCESSORY, **settings})


@pytest.mark.parametrize(
    ("depends_on", "condition"),
    [
        (["db"], "service_started"),
        ({"db": {"condition": "service_started"}}, "service_started"),
        ({"db": {"condition": "service_healthy"}}, "service_healthy"),
    ],
    ids=["a list", "started", "healthy"],
)
def test_an_accessory_is_waited_for_before_a_slot(
    tmp_path: Path, depends_on: Any, condition: str
) -> None:
    manifest = build(tmp_path, content(depends_on))
    assert manifest["accessories"]["services"][0]["condition"] == condition
    assert "depends_on" not in rendered(tmp_path, content(depends_on))["services"]["api-1"]


def test_the_strictest_wish_counts(tmp_path: Path) -> None:
    file = content({"db": {"condition": "service_healthy"}})
    file["services"]["mail"]["depends_on"] = ["db"]
    assert build(tmp_path, file)["accessories"]["services"][0]["condition"] == "service_healthy"


def test_every_replica_is_waited_for(tmp_path: Path) -> None:
    file = compose(
        services={
            "api": api(depends_on={"side": {"condition": "service_healthy", "restart": True}}),
            "side": api(deploy={"replicas": 2}),
        },
        x_rollway={"services": {"side": {"class": "web"}}},
    )
    condition = {"condition": "service_healthy", "restart": True}
    assert rendered(tmp_path, file)["services"]["api-1"]["depends_on"] == {
        "side-1": condition,
        "side-2": condition,
    }


def test_a_worker_may_wait_for_a_web_service(tmp_path: Path) -> None:
    worker = rendered(tmp_path, content([]))["services"]["mail-1"]
    assert worker["depends_on"] == {"api-1": {"condition": "service_started"}}


def test_a_service_that_need_not_be_there_is_left_out(tmp_path: Path) -> None:
    file = content({"gone": {"required": False}})
    assert "depends_on" not in rendered(tmp_path, file)["services"]["api-1"]


BAD = [
    ("gone", "there is no such service; accepted: api, db, mail"),
    (
        "mail",
        (
            "it is a worker, which changes after the traffic has moved; "
            "accepted: class: web for mail"
        ),
    ),
]


@pytest.mark.parametrize(("other", "message"), BAD)
def test_what_cannot_be_waited_for(tmp_path: Path, other: str, message: str) -> None:
    with pytest.raises(RollwayError) as caught:
        build(tmp_path, content([other]))
    assert f": services/api/depends_on/{other}: {message}; next: " in str(caught.value)


@pytest.mark.parametrize("condition", [[], "ready", None], ids=repr)
def test_a_condition_that_compose_does_not_know(tmp_path: Path, condition: Any) -> None:
    with pytest.raises(RollwayError) as caught:
        build(tmp_path, content({"db": {"condition": condition}}))
    assert (
        f": services/api/depends_on/db/condition: {condition!r}; "
        "accepted: service_started, service_healthy; next: "
    ) in str(caught.value)


def test_an_accessory_does_not_wait_for_a_release(tmp_path: Path) -> None:
    file = content([])
    file["services"]["db"] = {**DB, "depends_on": ["api"]}
    with pytest.raises(RollwayError, match="an accessory outlives releases"):
        build(tmp_path, file)
