"""What the edge has to do for WebSockets: they stay with their server until somebody hangs up."""

from __future__ import annotations

import time

from tests.integration.edge_case import case
from tests.integration.edge_looks import NEVER_SECONDS, established, two_hosts, until
from tests.integration.edge_websocket import WebSocket


@case
def a_websocket_stays_where_it_is_when_traffic_moves() -> str:
    with two_hosts() as edge:
        old = WebSocket.open(edge.port)
        assert old.exchange() == "v-blue"
        assert not edge.shift("a-green-1", "b-green-1")["reloaded"]
        said = _talk(old, seconds=2)
        assert set(said) == {"v-blue"}
        new = WebSocket.open(edge.port)
        assert new.exchange() == "v-green"
        assert old.exchange() == "v-blue"
        ports = [edge.models[name].port for name in ("a-blue-1", "b-blue-1")]
        until(lambda: sum(map(established, ports)) == 1)  # the connection is the only one left
        assert old.exchange() == "v-blue"
        old.close()
        until(lambda: sum(map(established, ports)) == 0)
        assert new.exchange() == "v-green"
        new.close()
    return f"{len(said)} messages after the shift"


def _talk(one: WebSocket, *, seconds: float) -> list[str]:
    """Go on exchanging, ten times a second; who answered."""
    said = []
    for _ in range(int(seconds * 10)):
        said.append(one.exchange())
        time.sleep(0.1)
    return said


@case
def a_websocket_outlives_a_reload() -> str:
    with two_hosts() as edge:
        old = WebSocket.open(edge.port)
        edge.add("c-green-1", "v-green")
        assert edge.shift("a-green-1", "b-green-1", "c-green-1")["reloaded"]
        early = edge.step("settle", deadline_seconds=1.0)
        assert old.exchange() == "v-blue"
        old.close()
        settled = edge.step("settle", deadline_seconds=NEVER_SECONDS)
        assert not early["ok"], "settle did not wait for the connection"
        assert settled["ok"], settled["problem"]
    return str(early["problem"]["found"])


@case
def a_websocket_may_be_silent_for_longer_than_an_answer_may_take() -> str:
    with two_hosts(patience="1s") as edge:
        quiet = WebSocket.open(edge.port)
        assert not quiet.is_ended(within=4), "timeout client or server, not tunnel, ended it"
        assert quiet.exchange() == "v-blue"
        quiet.close()
    return "4 s, with 1 s for clients and servers"


@case
def a_websocket_outlasts_what_takes_its_server_out() -> str:
    """It answers 503, it refuses connections, or it is in maint and says nothing for a while."""
    with two_hosts() as edge:
        model = edge.models["a-blue-1"]
        edge.shift("a-blue-1")
        kept = WebSocket.open(edge.port)
        edge.shift("a-blue-1", "b-blue-1")
        model.is_ready = False
        until(lambda: edge.running()["a-blue-1"].is_down)
        assert not kept.is_ended(within=1)
        model.is_ready = True
        until(lambda: edge.running()["a-blue-1"].is_serving)
        model.stop()
        until(lambda: edge.running()["a-blue-1"].is_down)
        assert not kept.is_ended(within=1)
        edge.shift("b-blue-1")
        model.awake.clear()
        assert not kept.is_ended(within=3), "who is in maint is not judged"
        model.awake.set()
        assert kept.exchange() == "v-blue"
        kept.close()
    return "503, refused, maint"


@case
def a_websocket_ends_when_its_server_says_nothing_any_more() -> str:
    with two_hosts() as edge:
        edge.shift("a-blue-1")
        lost = WebSocket.open(edge.port)
        edge.shift("a-blue-1", "b-blue-1")
        began = time.monotonic()
        edge.models["a-blue-1"].awake.clear()
        assert lost.is_ended(within=NEVER_SECONDS), "it waits for who does not answer"
        took = time.monotonic() - began
        assert WebSocket.open(edge.port).exchange() == "v-blue"
        edge.models["a-blue-1"].awake.set()
    return f"after {took:.1f} s"
