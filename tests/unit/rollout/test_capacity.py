"""Which host has room for two releases, and which wave leaves enough hosts serving."""

from __future__ import annotations

from typing import Any

import pytest

from rollway import exits
from rollway.rollout.capacity import needed_bytes
from rollway.rollout.plan import Plan
from rollway.rollout.planned import HostPlan
from rollway.rollout.planning import decide
from tests.unit.rollout.capacity_fixtures import API, MIB, plan_for, roomy_fleet, services_like
from tests.unit.rollout.fleet_fixtures import (
    acquired_edge,
    acquired_host,
    fleet,
    manifest,
    release,
    request,
    steady_fleet,
)


def _first(plan: Plan) -> HostPlan:
    return plan.hosts["app-1"]


FITS: list[Any] = [
    pytest.param({"memory_available_bytes": 600 * MIB}, "", id="both fit, as promised"),
    pytest.param(
        {"memory_available_bytes": 599 * MIB},
        "300 MiB are needed beside 1-a, 299 MiB left",
        id="one MiB too few",
    ),
    pytest.param(
        {
            "memory_available_bytes": 400 * MIB,
            "memory_used_bytes": {"blue": 200 * MIB, "green": 0},
        },
        "",
        id="what serves has most of its share already",
    ),
    pytest.param(
        {
            "memory_available_bytes": 350 * MIB,
            "memory_used_bytes": {"blue": 200 * MIB, "green": 0},
        },
        "300 MiB are needed beside 1-a, 250 MiB left",
        id="the rest of its share stays its own",
    ),
    pytest.param(
        {
            "memory_available_bytes": 200 * MIB,
            "memory_used_bytes": {"blue": 300 * MIB, "green": 100 * MIB},
        },
        "",
        id="a warm slot is stopped first, so what it uses is free",
    ),
    pytest.param(
        {"memory_available_bytes": 300 * MIB, "memory_used_bytes": {"blue": 900 * MIB}},
        "",
        id="who takes more than promised has it already",
    ),
    pytest.param({}, "", id="a host that does not tell"),
]


@pytest.mark.parametrize(("facts", "why"), FITS)
def test_a_release_starts_beside_the_old_one_where_both_fit(
    facts: dict[str, Any], why: str
) -> None:
    acquired = roomy_fleet()
    acquired["app-1"].result["facts"] = facts
    plan = plan_for(acquired)
    assert _first(plan).why == why
    assert [host.order for host in plan.hosts.values()] == [
        "stop-first" if why else "start-first",
        "start-first",
        "start-first",
    ]


def test_a_release_that_asks_for_nothing_fits_everywhere() -> None:
    acquired = roomy_fleet(None)
    acquired["app-1"].result["facts"] = {"memory_available_bytes": 0}
    assert _first(plan_for(acquired, None)).order == "start-first"


def test_a_host_that_serves_nothing_has_nothing_to_stop() -> None:
    hosts = [acquired_host(f"app-{number}") for number in (1, 2, 3)]
    hosts[0].result["facts"] = {"memory_available_bytes": MIB}
    plan = plan_for(fleet(*hosts, acquired_edge()), order="stop-first")
    assert {host.order for host in plan.hosts.values()} == {"start-first"}
    assert plan.refusal is None


def test_an_application_may_ask_for_stop_first_everywhere() -> None:
    plan = plan_for(roomy_fleet(), order="stop-first")
    assert {(host.order, host.why) for host in plan.hosts.values()} == {
        ("stop-first", "the application asks for it")
    }


def test_a_slot_that_a_dead_run_left_stopped_is_not_waited_for() -> None:
    acquired = roomy_fleet()
    acquired["app-1"].result["state"]["slots"]["blue"]["state"] = "stopped"
    one = _first(plan_for(acquired))
    assert (one.action, one.new_slot, one.old_slot, one.serving) == ("start", "green", "blue", None)
    assert one.why == "a run that was interrupted had stopped 1-a there"


WORKER = {"name": "mail", "class": "worker", "replicas": 2, "memory_bytes": MIB}
BESIDE: list[Any] = [
    pytest.param([API], [], 0, id="no figures"),
    pytest.param(services_like(3), services_like(3), 3, id="web services"),
    pytest.param([WORKER], [WORKER], 0, id="workers that change places"),
    pytest.param([WORKER], [], 2, id="new workers"),
    pytest.param([{**WORKER, "start_first": True}], [WORKER], 2, id="workers that overlap"),
]


@pytest.mark.parametrize(("services", "before", "mebibytes"), BESIDE)
def test_what_comes_up_beside_the_old_release_counts(
    services: list[Any], before: list[Any], mebibytes: int
) -> None:
    assert needed_bytes({"services": services}, {"services": before}) == mebibytes * MIB


def _gpu(index: int, used: int | None, free: int | None) -> dict[str, Any]:
    def size(count: int | None) -> int | None:
        return None if count is None else count * MIB

    figures = {"used_bytes": size(used), "free_bytes": size(free)}
    return {"index": str(index), "uuid": f"GPU-{index}", **figures}


ONE = {"count": 1, "ids": []}
ON_GPUS: list[Any] = [
    pytest.param(ONE, [_gpu(0, 400, 600)], "", id="as much is free as is used"),
    pytest.param(
        ONE, [_gpu(0, 600, 400)], "GPU 0 has 600 MiB in use, 400 MiB free", id="too little is free"
    ),
    pytest.param(ONE, [_gpu(0, 0, 400), _gpu(1, 900, 1)], "", id="another GPU is full"),
    pytest.param(
        {"count": "all", "ids": []},
        [_gpu(0, 0, 400), _gpu(1, 900, 1)],
        "GPU 1 has 900 MiB in use, 1 MiB free",
        id="all of them are reserved",
    ),
    pytest.param(
        {"count": 0, "ids": ["GPU-1"]},
        [_gpu(0, 900, 1), _gpu(1, 1, 900)],
        "",
        id="one is named, and has room",
    ),
    pytest.param(
        ONE, [_gpu(0, 5, None)], "GPU 0 has 5 MiB in use, unknown free", id="it does not tell"
    ),
]


@pytest.mark.parametrize(("gpus", "known", "why"), ON_GPUS)
def test_gpus_have_to_hold_both_releases(
    gpus: dict[str, Any], known: list[dict[str, Any]], why: str
) -> None:
    acquired = roomy_fleet(None)
    for name in ("app-1", "app-2", "app-3"):
        acquired[name].result["facts"] = {"gpus": known}
    asked = request(manifest=manifest("b", services=services_like(None, gpus=gpus)))
    assert _first(decide(asked, acquired)).why == why


def test_a_host_without_the_gpus_is_refused_by_name() -> None:
    acquired = roomy_fleet(None)
    for name in ("app-1", "app-3"):
        acquired[name].result["facts"] = {"gpus": [_gpu(0, 0, 900), _gpu(1, 0, 900)]}
    services = services_like(None, gpus={"count": 2, "ids": []})
    plan = decide(request(manifest=manifest("b", services=services)), acquired)
    assert plan.refusal is not None
    assert plan.refusal.exit_code == exits.REFUSED
    assert plan.refusal.problems == [
        {
            "host": "app-2",
            "where": "nvidia-smi",
            "found": "0 GPUs",
            "accepted": "2, as deploy.resources.reservations.devices has it",
            "next": "nvidia-smi on app-2, or leave it out with --limit",
        }
    ]


BROKEN = {"where": "nvidia-smi", "found": "no driver", "accepted": "a list", "next": "nvidia-smi"}
VERBS: list[Any] = [
    pytest.param("deploy", {"count": 1, "ids": []}, True, id="a deploy that needs it"),
    pytest.param("deploy", None, False, id="a deploy of a release without GPUs"),
    pytest.param("restart", {"count": 1, "ids": []}, True, id="a restart"),
    pytest.param("rollback", {"count": 1, "ids": []}, False, id="the way back"),
]


@pytest.mark.parametrize(("verb", "gpus", "is_refused"), VERBS)
def test_a_broken_driver_refuses_what_starts_on_gpus(
    verb: str, gpus: Any, is_refused: bool
) -> None:
    services = services_like(None, gpus=gpus)
    state: dict[str, Any] = {"active": "green", "blue": "1-a", "green": "2-b", "warm": "blue"}
    state["releases"] = {"1-a": release("a"), "2-b": release("b")}
    acquired = steady_fleet(**(state if verb == "rollback" else {}))
    for name in ("app-1", "app-2", "app-3"):
        acquired[name].result["facts"] = (
            {"gpus_problem": BROKEN} if name == "app-2" else {"gpus": [_gpu(0, 0, 900)]}
        )
        for one in acquired[name].result["manifests"].values():
            one["services"] = services
    changes: dict[str, Any] = (
        {"manifest": manifest("b", services=services)} if verb == "deploy" else {}
    )
    refusal = decide(request(verb, **changes), acquired).refusal
    expected = [{"host": "app-2", **BROKEN}] if is_refused else None
    assert (refusal.problems if refusal else None) == expected
