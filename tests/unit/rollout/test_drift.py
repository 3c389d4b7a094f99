from __future__ import annotations

from typing import Any

import pytest

from rollway.rollout.drift import drift_calls, edges_astray
from rollway.rollout.journal import Event
from tests.unit.rollout.fleet_fixtures import manifest, request

ASKED = request("drift", outside=["app-9"])
RECORDS = "ready with weight 100 at 10.0.0.1 port 20000, as app-1 records it"


def host(number: int = 1, **changes: Any) -> Event:
    """An app host that serves 1-a in blue."""
    slots = {"blue": {"release": "1-a", "state": "running"}}
    result = {
        "ok": True,
        "state": {"active": "blue", "slots": slots},
        "ports": {"api": {"blue": [20000], "green": [20001]}},
        "serving": {**manifest("a"), "id": "1-a"},
        **changes,
    }
    return Event("drift", f"app-{number}", result=result)


def server(name: str, **changes: Any) -> dict[str, Any]:
    """A server as an edge runs it: `app-1-blue-1` is ready, green ones are in maint."""
    number, slot = name.split("-")[1:3]
    return {
        "name": name,
        "host": f"app-{number}",
        "slot": slot,
        "address": f"10.0.0.{number}",
        "port": 20000 if slot == "blue" else 20001,
        "weight": 100,
        "admin_state": "ready" if slot == "blue" else "maint",
        **changes,
    }


def edge(*servers: dict[str, Any]) -> Event:
    return Event("drift", "edge-1", result={"ok": True, "servers": list(servers)})


def _astray(*events: Event) -> list[tuple[str, str, str, str]]:
    found = edges_astray(ASKED, {event.host: event for event in events})
    return [(one["host"], one["where"], one["found"], one["accepted"]) for one in found]


BLUE, GREEN = server("app-1-blue-1"), server("app-1-green-1")


def test_an_edge_that_does_what_the_hosts_record() -> None:
    assert _astray(host(), edge(BLUE, GREEN)) == []


CASES: list[Any] = [
    pytest.param(
        [server("app-1-blue-1", weight=50), GREEN],
        "app-1-blue-1",
        "ready with weight 50 at 10.0.0.1 port 20000",
        RECORDS,
        id="another weight",
    ),
    pytest.param(
        [server("app-1-blue-1", admin_state="drain"), GREEN],
        "app-1-blue-1",
        "drain with weight 100 at 10.0.0.1 port 20000",
        RECORDS,
        id="taken out by hand",
    ),
    pytest.param([GREEN], "app-1-blue-1", "not there", RECORDS, id="not known to the edge"),
    pytest.param(
        [BLUE, GREEN, server("app-7-blue-1")],
        "app-7-blue-1",
        "a server of app-7, which is not there",
        "only servers of hosts in the inventory",
        id="a host that left the inventory",
    ),
    pytest.param(
        [BLUE, GREEN, server("app-1-blue-2")],
        "app-1-blue-2",
        "ready",
        "maint: app-1 records no such server",
        id="a replica too many",
    ),
]


@pytest.mark.parametrize(("servers", "name", "found", "accepted"), CASES)
def test_an_edge_that_does_not(
    servers: list[dict[str, Any]], name: str, found: str, accepted: str
) -> None:
    assert _astray(host(), edge(*servers)) == [("edge-1", f"servers/{name}", found, accepted)]


FINE: list[Any] = [
    pytest.param([host()], [BLUE], id="a port that was reserved and never used"),
    pytest.param([host()], [BLUE, GREEN, server("app-9-blue-1")], id="a host outside the limit"),
    pytest.param([], [server("app-1-blue-1", weight=1)], id="a host that did not answer"),
]


@pytest.mark.parametrize(("hosts", "servers"), FINE)
def test_what_nobody_can_say_anything_about(
    hosts: list[Event], servers: list[dict[str, Any]]
) -> None:
    assert _astray(*hosts, edge(*servers)) == []


def test_a_host_and_an_edge_are_asked_for_their_own_part() -> None:
    both = request("drift", app_hosts=["app-1"], edges=["app-1", "edge-1"])
    asked = {name: drift_calls(both, name) for name in ("app-1", "edge-1", "app-2")}
    modules = {name: [call.module for call in calls] for name, calls in asked.items()}
    assert modules == {
        "app-1": ["compose_release", "haproxy_backend"],
        "edge-1": ["haproxy_backend"],
        "app-2": [],
    }
    assert {call.arguments["step"] for calls in asked.values() for call in calls} == {"drift"}
