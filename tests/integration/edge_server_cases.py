"""Servers that die or fail, and what a real HAProxy makes of them; see edge_cases."""

from __future__ import annotations

import json
import threading
import time

from tests.integration.edge_case import case
from tests.integration.edge_looks import (
    NEVER_SECONDS,
    files,
    line,
    nothing_lost,
    ready,
    steady_load,
    two_hosts,
    until,
    watch,
)
from tests.integration.edge_rig import BACKEND, Rig, free_port, rig


@case
def a_dead_server_stays_down_over_a_reload() -> str:
    with two_hosts() as edge:
        edge.models["b-blue-1"].stop()
        until(lambda: edge.running()["b-blue-1"].is_down)
        load = edge.load()
        seen: set[str] = set()
        watching = watch(edge, "b-blue-1", seen)
        edge.add("c-blue-1", "v-blue")
        result = edge.good(servers=edge.servers("a-blue-1", "b-blue-1", "c-blue-1"))
        time.sleep(2)
        watching.set()
        report = load.stop()
        assert result["reloaded"]
        assert "ready up" not in seen, seen  # "drain up", on the way, gets no request
        assert edge.running()["b-blue-1"].is_down
        edge.models["b-blue-1"].start()
        until(lambda: edge.running()["b-blue-1"].is_serving)
        assert "disabled" not in line(edge, "b-blue-1")
    nothing_lost(report)
    return f"seen of the dead one: {sorted(seen)}; {report.sentence()}"


@case
def a_dead_server_of_another_application_stays_down() -> str:
    with two_hosts() as edge:
        edge.models["b-blue-1"].stop()
        until(lambda: edge.running()["b-blue-1"].is_down)
        seen: set[str] = set()
        watching = watch(edge, "b-blue-1", seen)
        other = {**BACKEND, "hosts": ["other.example"]}
        servers = [{**edge.servers("a-blue-1")[0], "name": "x-blue-1"}]
        result = edge.good(app="other", backend=other, servers=servers)
        time.sleep(1)
        watching.set()
        assert result["reloaded"]
        assert "ready up" not in seen, seen  # "drain up", on the way, gets no request
        assert edge.running()["b-blue-1"].is_down
    return f"seen of the dead one: {sorted(seen)}"


@case
def a_server_that_does_not_answer_enters_as_down() -> str:
    with two_hosts() as edge:
        edge.models["a-green-1"].stop()
        seen: set[str] = set()
        watching = watch(edge, "a-green-1", seen)
        result = edge.good(servers=edge.servers("a-green-1", "b-green-1"))
        time.sleep(0.5)
        watching.set()
        assert "ready up" not in seen, seen
        assert result["remarks"], "nobody was told"
        edge.models["a-green-1"].start()
        until(lambda: edge.running()["a-green-1"].is_serving)
    return str(result["remarks"][0])


@case
def a_probe_refuses_what_is_not_ready_and_nothing_is_shifted() -> str:
    with two_hosts() as edge:
        edge.models["b-green-1"].is_ready = False
        before = files(edge)
        names = ["a-green-1", "b-green-1"]
        result = edge.step(servers=edge.servers(*names), probe=names, probe_seconds=0.3)
        assert not result["ok"]
        assert "b-green-1: it answered 503" in result["problem"]["found"], result["problem"]
        assert files(edge) == before
        assert ready(edge) == {"a-blue-1", "b-blue-1"}
    return str(result["problem"]["found"])


@case
def a_probe_waits_for_what_becomes_ready() -> str:
    with two_hosts() as edge:
        late = edge.models["b-green-1"]
        late.is_ready = False
        begun = late.probes

        def become_ready() -> None:
            until(lambda: late.probes > begun + 3)
            late.is_ready = True

        threading.Thread(target=become_ready, daemon=True).start()
        result = edge.shift("a-green-1", "b-green-1", probe_seconds=NEVER_SECONDS)
        assert late.probes > begun + 3, "it did not wait"
    return f"probe took {result['timings']['probe']} s"


@case
def a_release_that_fails_under_traffic_is_seen() -> str:
    with two_hosts() as edge:
        load = edge.load()
        edge.models["a-green-1"].fault = "error"
        names = ["a-green-1"]
        servers = edge.servers("a-green-1", "b-blue-1")
        result = edge.step(servers=servers, probe=names, observe_seconds=NEVER_SECONDS)
        edge.good(servers=edge.servers("a-blue-1", "b-blue-1"))
        load.stop()
        assert not result["ok"]
        assert result["observed"]["a-green-1"]["failed"] > 0
    return str(result["problem"]["found"])


@case
def a_server_that_goes_down_ends_the_watch_early() -> str:
    with two_hosts() as edge:
        names = ["a-green-1"]

        def go_down() -> None:
            until(lambda: edge.running()["a-green-1"].is_ready)
            edge.models["a-green-1"].stop()

        threading.Thread(target=go_down, daemon=True).start()
        servers = edge.servers("a-green-1", "b-blue-1")
        result = edge.step(servers=servers, probe=names, observe_seconds=NEVER_SECONDS)
        assert not result["ok"]
        assert result["observed"]["a-green-1"]["went_down"]
        assert result["seconds"] < NEVER_SECONDS / 3, result["seconds"]
    return f"{result['problem']['found']} after {result['seconds']:.1f} s"


@case
def a_server_that_answers_503_keeps_its_streams() -> str:
    with two_hosts() as edge:
        load = steady_load(edge)
        edge.models["a-blue-1"].is_ready = False
        until(lambda: edge.running()["a-blue-1"].is_down)
        begun = _streams(edge)
        until(lambda: _streams(edge) > begun)  # whichever server has one, it has ended by then
        edge.models["a-blue-1"].is_ready = True
        until(lambda: not edge.running()["a-blue-1"].is_down)
        report = load.stop()
    nothing_lost(report)
    return f"{report.streams}"


@case
def an_ipv6_server_is_reached() -> str:
    with rig() as edge:
        port = free_port()
        server = {"name": "a-blue-1", "host": "a", "slot": "blue", "address": "::1", "port": port}
        result = edge.good(servers=[{**server, "state": "maint", "weight": 100}])
        assert result["servers"][0]["address"] == "::1"
    return json.dumps(result["servers"])


def _streams(edge: Rig) -> int:
    return sum(model.streams for model in edge.models.values())
