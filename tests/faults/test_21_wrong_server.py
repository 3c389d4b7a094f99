"""A server that the edge does not know is an error with its name, never a silent success."""

from __future__ import annotations

from typing import Any

import pytest

from tests.faults.fleet import EDGE, Fleet
from tests.integration.lab_fleet import Lab

pytestmark = pytest.mark.fault

NOBODY = "nobody-blue-1"


def test_a_server_that_is_not_there_is_named_and_nothing_moves(fleet: Fleet) -> None:
    with fleet.unchanged(), fleet.unharmed():
        seen = _read(fleet.lab)
        wish = {"backend": seen["backend"], "servers": [_wished(one) for one in seen["servers"]]}
        result = _ask(fleet.lab, step="apply", probe=[NOBODY], **wish)
    assert (result["ok"], result["changed"]) == (False, False)
    assert result["problem"]["found"] == f"no server is called {NOBODY}"
    assert set(result["problem"]["accepted"].split(", ")) == {
        one["name"] for one in wish["servers"]
    }


def _read(lab: Lab) -> dict[str, Any]:
    result = _ask(lab, step="read")
    assert result["ok"], result["problem"]
    return result


def _wished(server: dict[str, Any]) -> dict[str, Any]:
    """A server as the edge runs it, as somebody would ask for it."""
    same = ("name", "host", "slot", "address", "port", "weight")
    state = "ready" if server["admin_state"] == "ready" else "maint"
    return {**{key: server[key] for key in same}, "state": state}


def _ask(lab: Lab, **arguments: Any) -> dict[str, Any]:
    return lab.ask(EDGE, "haproxy_backend", {"app": "iris", **arguments})
