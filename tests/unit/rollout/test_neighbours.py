"""What a run asks hosts and edges that other applications share: ports and addresses."""

from __future__ import annotations

from typing import Any

from ansible.module_utils.rollway.arguments import COMPOSE_RELEASE, complete

from rollway.rollout.calls import acquire_calls
from tests.unit.rollout.fleet_fixtures import HTTP, manifest, request

DB: dict[str, Any] = {"name": "db", "hosts": ["app-1"], "addresses": {}, "port": 5432}


def _asked(host: str, **changes: Any) -> dict[str, Any]:
    accessories = {"services": [DB], "images": {}}
    release = manifest("b", accessories=accessories, **changes)
    (call,) = acquire_calls(request(manifest=release), host, reads_only=False)
    return complete(COMPOSE_RELEASE, call.arguments)


def test_a_host_is_asked_for_the_ports_of_its_own_accessories() -> None:
    assert (_asked("app-1")["claims"], _asked("app-2")["claims"]) == ([5432], [])


def test_an_edge_is_asked_for_the_addresses_before_anything_changes() -> None:
    assert _asked("edge-1")["backend"] == {name: HTTP[name] for name in HTTP if name not in _OURS}
    assert _asked("edge-1", http=None)["backend"] is None


def test_a_verb_that_brings_no_release_asks_for_none() -> None:
    (call,) = acquire_calls(request("rollback"), "edge-1", reads_only=False)
    assert "backend" not in call.arguments


_OURS = ("service", "port")
