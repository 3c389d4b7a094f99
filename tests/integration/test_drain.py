"""What the kernel's own table says of a connection that was upgraded; it needs no lab."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
from ansible.module_utils.rollway.clock import HostClock
from ansible.module_utils.rollway.containers import Container
from ansible.module_utils.rollway.drain import inbound, wait_until_drained
from ansible.module_utils.rollway.listening import Socket, is_loopback, sockets

from tests.integration.edge_looks import until
from tests.integration.edge_models import Model
from tests.integration.edge_websocket import WebSocket
from tests.unit.module_utils.fake_engine import container

pytestmark = pytest.mark.lab

EDGE = "192.0.2.10"


@dataclass(frozen=True)
class Slot:
    """A model server on this machine as if it were a slot's only container."""

    model: Model
    container: Container

    def sockets(self, _: int | str) -> list[Socket]:
        """This machine's sockets; a test's client is on it too, and stands for the edge."""
        return [replace(one, remote=EDGE) if is_loopback(one.remote) else one for one in sockets()]

    def connected(self) -> dict[str, int]:
        return inbound([self.container], sockets_of=self.sockets)

    def drain(self, *, seconds: float) -> dict[str, int]:
        return wait_until_drained(
            [self.container], HostClock(), seconds=seconds, sockets_of=self.sockets
        )


@pytest.fixture
def slot() -> Iterator[Slot]:
    model = Model("v-1").start()
    known = Container.from_inspect(container("web", "iris-blue", "api-1"))
    yield Slot(model, replace(known, ports=(model.port,)))
    model.stop()


def test_an_upgraded_connection_counts_as_one_until_it_is_closed(slot: Slot) -> None:
    client = WebSocket.open(slot.model.port)
    assert slot.connected() == {"web": 1}
    assert client.exchange() == "v-1"
    assert slot.connected() == {"web": 1}
    client.close()
    until(lambda: slot.connected() == {})


def test_a_silent_one_is_waited_for_and_no_longer_than_the_drain(slot: Slot) -> None:
    client = WebSocket.open(slot.model.port)
    assert slot.drain(seconds=0.3) == {"web": 1}
    hangs_up = threading.Timer(0.5, client.close)
    hangs_up.start()
    assert slot.drain(seconds=5) == {}
    hangs_up.join()
