from __future__ import annotations

from rollway.rollout.planned import HostPlan
from rollway.rollout.servers import desired_servers, servers_of


def _host(**changes: object) -> HostPlan:
    values = {
        "name": "app-1",
        "address": "10.0.0.1",
        "generation": 1,
        "action": "start",
        "new_slot": "green",
        "old_slot": "blue",
        "old_release": "1-a",
        "serving": "blue",
        "ports": {"blue": [20000, 20001], "green": [20002, 20003]},
        "replicas": {"blue": 2, "green": 1},
        **changes,
    }
    return HostPlan(**values)  # type: ignore[arg-type]


def test_both_slots_always_stand_there() -> None:
    servers = desired_servers({"app-1": _host()}, {"app-1": "blue"})
    assert [(one["name"], one["port"], one["state"]) for one in servers] == [
        ("app-1-blue-1", 20000, "ready"),
        ("app-1-blue-2", 20001, "ready"),
        ("app-1-green-1", 20002, "maint"),
        ("app-1-green-2", 20003, "maint"),
    ]


def test_a_port_kept_from_a_larger_release_gets_no_traffic() -> None:
    servers = desired_servers({"app-1": _host()}, {"app-1": "green"})
    assert [one["name"] for one in servers if one["state"] == "ready"] == ["app-1-green-1"]


def test_a_host_out_of_rotation_has_no_ready_server() -> None:
    servers = desired_servers({"app-1": _host()}, {"app-1": None})
    assert {one["state"] for one in servers} == {"maint"}


def test_the_servers_of_a_slot() -> None:
    assert servers_of([_host()], {"app-1": "blue"}) == ["app-1-blue-1", "app-1-blue-2"]
