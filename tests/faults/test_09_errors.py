"""A release that looks well and answers users badly, where nothing bakes: what users see of it.

Errors of the release before it count for it: one that is no worse is good. All figures are printed.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from rollway import exits
from tests.faults.fleet import EDGE, idle_slot
from tests.faults.harm import refused_count, refusing
from tests.integration.fault_fleet import GOOD, build, deploy, environment, serve, versions
from tests.integration.lab_fleet import Lab
from tests.load import Report, traffic
from tests.load.options import METHODS

pytestmark = pytest.mark.long(seconds=60)

OLD = GOOD[0]
RATE = 50.0
MOST_LOST = 40
DEPLOYS = 20
FEW = ("v-1-percent-a", "v-1-percent-b", "v-1-percent-c")
SOME, AS_MANY, MANY = "v-5-percent-a", "v-5-percent-b", "v-50-percent"
RATES = {**dict.fromkeys(FEW, "0.01"), SOME: "0.05", AS_MANY: "0.05", MANY: "0.5"}


@dataclass(frozen=True)
class Tried:
    """How a deploy under load ended, and what users saw."""

    code: int
    result: dict[str, Any]
    report: Report


@pytest.fixture(scope="module")
def plain(lab: Lab) -> Iterator[Lab]:
    """The lab with a good version serving, before and after; GET is tried again, nothing bakes."""
    build(lab, OLD)
    yield lab
    deploy(lab, OLD)


@pytest.fixture
def fleet(plain: Lab) -> Lab:
    """The good version serves, and no run is left of a test before."""
    return serve(plain, OLD)


def _try(lab: Lab, version: str, methods: Collection[str]) -> Tried:
    """Deploy under load of these methods, from before its start to after its end."""
    with traffic(lab.url, rate=RATE, methods=methods, stream_seconds=0) as report:
        ran = lab.invoke("deploy", f"--version={version}", "--json")
    result = json.loads(ran.stdout)
    print(
        f"{version}, {'+'.join(methods)} at {RATE:g}/s: exit {ran.returncode}, "
        f"{result['sentence']}; users saw {report.failed} of {report.sent} fail "
        f"{report.lost_by_kind} in {report.seconds:.1f} s; observed {result.get('observed')}"
    )
    return Tried(ran.returncode, result, report)


def _went_back(lab: Lab, tried: Tried, to: str) -> None:
    code, sentence = tried.code, tried.result["sentence"]
    assert code == exits.FAILED, sentence
    assert versions(lab) == [to] * len(lab.hosts)
    assert lab.status()["locks"] == []


CASES = [
    pytest.param("errors", "POST", MOST_LOST, id="500 for what no edge tries again"),
    pytest.param("errors", "GET", 0, id="500 for what the edge tries again"),
    pytest.param("no_answer", "POST", MOST_LOST, id="no answer for what no edge tries again"),
    pytest.param("no_answer", "GET", 0, id="no answer for what the edge tries again"),
    pytest.param("reset", "POST", MOST_LOST, id="a reset for what no edge tries again"),
    pytest.param("reset", "GET", 0, id="a reset for what the edge tries again"),
]


@pytest.mark.parametrize(("fault", "method", "most"), CASES)
def test_one_that_only_seems_well_goes_back(fleet: Lab, fault: str, method: str, most: int) -> None:
    version = f"v-{fault}-{method}".lower().replace("_", "-")  # no slot is warm with it
    build(fleet, version, FAULT=fault)
    tried = _try(fleet, version, [method])
    _went_back(fleet, tried, OLD)
    assert tried.report.failed <= most, tried.report.sentence()


@pytest.mark.parametrize("method", METHODS)
def test_one_that_refuses_half_of_its_connections_loses_nothing(fleet: Lab, method: str) -> None:
    """As one does whose accept queue is full. The edge tries it again whatever the method.

    Connections are used again: how much of it a verdict can see is chance, and either will do.
    """
    version = f"v-refuses-{method.lower()}"
    build(fleet, version)
    with contextlib.ExitStack() as rules:
        for host, port in _idle_ports(fleet).items():
            rules.enter_context(refusing(fleet, host, port, share=0.5))
        tried = _try(fleet, version, [method])
        refused = [refused_count(fleet, host) for host in fleet.hosts]
    print(f"{version}: {refused} connections refused on its hosts")
    assert refused[0] > 0
    assert tried.report.lost == []
    assert tried.code in (exits.DONE, exits.FAILED)
    serves = version if tried.code == exits.DONE else OLD
    assert versions(fleet) == [serves] * len(fleet.hosts)


def _idle_ports(lab: Lab) -> dict[str, int]:
    """Host → the port of the slot that does not serve."""
    servers = lab.ask(EDGE, "haproxy_backend", {"app": "iris", "step": "read"})["servers"]
    idle = {host: idle_slot(lab, host) for host in lab.hosts}
    return {one["host"]: int(one["port"]) for one in servers if one["slot"] == idle[one["host"]]}


def _build_some(lab: Lab, *names: str) -> None:
    for name in names:
        build(lab, name, FAULT="some_errors", FAULT_RATE=RATES[name])


@pytest.mark.parametrize(
    "bake",
    [
        pytest.param("0", id="nothing bakes", marks=pytest.mark.long(seconds=240)),
        pytest.param("2", id="each wave bakes", marks=pytest.mark.long(seconds=400)),
    ],
)
def test_a_release_with_as_few_errors_as_the_one_before_is_good(fleet: Lab, bake: str) -> None:
    """By chance one in a hundred requests fails, whichever release answers it; each starts anew."""
    _build_some(fleet, *FEW)
    deploy(fleet, FEW[0])
    with environment(fleet, "errors", BAKE_SECONDS=bake) as env:
        tried = [_try(env, _next(env), METHODS) for _ in range(DEPLOYS)]
    codes = [one.code for one in tried]
    lost = sum(one.report.failed for one in tried)
    sent = sum(one.report.sent for one in tried)
    print(f"1 % of errors, bake {bake} s: {codes.count(exits.DONE)} of {DEPLOYS} good, {codes}")
    print(f"1 % of errors, bake {bake} s: users saw {lost} of {sent} fail ({lost / sent:.2%})")
    assert codes == [exits.DONE] * DEPLOYS


def _next(lab: Lab) -> str:
    """The one in turn after what serves: a deploy that went back is tried again."""
    (serves,) = set(versions(lab))
    return FEW[(FEW.index(serves) + 1) % len(FEW)]


@pytest.mark.long(seconds=90)
def test_one_with_many_more_errors_than_the_one_before_goes_back(fleet: Lab) -> None:
    _build_some(fleet, SOME, AS_MANY, MANY)
    deploy(fleet, SOME)
    as_many = _try(fleet, AS_MANY, METHODS)
    code, sentence = as_many.code, as_many.result["sentence"]
    assert code == exits.DONE, sentence
    many = _try(fleet, MANY, METHODS)
    _went_back(fleet, many, AS_MANY)
