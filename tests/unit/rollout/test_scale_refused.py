"""What no `scale` is planned for."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.module_utils.rollway import ports

from rollway import exits
from rollway.release import render
from rollway.rollout.inputs import MOST_REPLICAS
from rollway.rollout.journal import Event
from rollway.rollout.planning import decide
from tests.unit.rollout.fleet_fixtures import acquired_host, release, steady_fleet
from tests.unit.rollout.scale_fixtures import (
    AGAIN,
    WHICH,
    asked_scale,
    killed,
    offer,
    phase_at,
    scaled_release,
    two,
)

DEPLOY_RUN = "20260131T120000Z-deploy-1a2b3c"


def _limited() -> dict[str, Event]:
    """One host was scaled alone: the others have the number before."""
    acquired = steady_fleet()
    acquired["app-1"] = two(warm="")["app-1"]
    return offer(acquired)


def test_hosts_that_differ_in_the_number_alone_come_together() -> None:
    plan = decide(asked_scale(), _limited())
    assert (plan.refusal, plan.release_id) == (None, "2-a")


def _mixed() -> dict[str, Event]:
    other = acquired_host("app-3", active="blue", blue="2-b", releases={"2-b": release("b")})
    offered = {"2-b": {"kind": "web", "release": scaled_release(3, "2-b", "b")}}
    return offer({**steady_fleet(), "app-3": other}, others=offered)


def _empty() -> dict[str, Event]:
    return offer({**steady_fleet(), "app-3": acquired_host("app-3")})


def _of(kind: str | None) -> dict[str, Event]:
    return offer(steady_fleet(), others={"1-a": {"kind": kind, "release": None}})


ONE_RELEASE = f"./invoke status {WHICH}"
LEFT = f"./invoke deploy {WHICH} again, or ./invoke abort {WHICH}"
REFUSED: list[Any] = [
    pytest.param(
        _mixed(), "api", exits.REFUSED, "the hosts serve 1-a, 2-b", ONE_RELEASE, id="a mixed fleet"
    ),
    pytest.param(
        _empty(), "api", exits.REFUSED, "the hosts serve 1-a, nothing", ONE_RELEASE,
        id="a host that is new",
    ),
    pytest.param(
        offer(phase_at(steady_fleet(), DEPLOY_RUN, "2-b")), "api", exits.REFUSED,
        "2-b was interrupted", LEFT, id="an interrupted deploy",
    ),
    pytest.param(
        offer(phase_at(steady_fleet(), DEPLOY_RUN, None)), "api", exits.REFUSED,
        f"{DEPLOY_RUN} was interrupted", LEFT, id="a deploy that only moved traffic",
    ),
    pytest.param(
        offer(killed(), 2), "api", exits.REFUSED, "2-a was interrupted",
        f"./invoke scale {WHICH} again, or ./invoke abort {WHICH}", id="a scale to another number",
    ),
    pytest.param(
        _of(None), "web", exits.USAGE, "web is no service of 1-a", AGAIN, id="no such service"
    ),
    pytest.param(
        _of("accessory"), "db", exits.REFUSED,
        "db is an accessory of 1-a: its data has one place", AGAIN, id="an accessory",
    ),
    pytest.param(
        _of("job"), "migrate", exits.REFUSED,
        "migrate is a job of 1-a: it runs once for a release", AGAIN, id="a job",
    ),
    pytest.param(
        _of("singleton"), "beat", exits.REFUSED,
        "beat is a singleton of 1-a: one runs in the whole fleet", AGAIN, id="a singleton",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("acquired", "service", "code", "found", "following"), REFUSED)
def test_refuses(
    acquired: dict[str, Event], service: str, code: int, found: str, following: str
) -> None:
    plan = decide(asked_scale(service=service), acquired)
    assert plan.refusal is not None
    problem = plan.refusal.problems[0]
    assert (plan.refusal.exit_code, problem["found"]) == (code, found)
    assert problem["next"] == following
    assert (plan.waves, plan.hosts) == ([], {})


def test_the_bounds_are_those_of_a_compose_file_and_of_a_host() -> None:
    assert render.MOST_REPLICAS == ports.MOST_REPLICAS == MOST_REPLICAS
