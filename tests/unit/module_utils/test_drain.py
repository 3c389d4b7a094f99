from __future__ import annotations

from typing import Any

import pytest
from ansible.module_utils.rollway.containers import Container
from ansible.module_utils.rollway.drain import inbound
from ansible.module_utils.rollway.listening import Socket

from tests.unit.module_utils.fake_engine import container
from tests.unit.module_utils.fakes import connection

CASES: list[Any] = [
    pytest.param([], {}, id="no connection"),
    pytest.param([connection()], {"web": 1}, id="one from the edge"),
    pytest.param([Socket(8000, "127.0.0.1", "01")], {}, id="the container's own check"),
    pytest.param([Socket(8000, "172.18.0.2", "01")], {}, id="a neighbour in the slot"),
    pytest.param([Socket(5432, "192.0.2.9", "01")], {}, id="another port"),
    pytest.param([Socket(8000, "192.0.2.9", "06")], {}, id="one that is closing"),
]


@pytest.mark.parametrize(("found", "counted"), CASES)
def test_only_established_connections_from_outside_count(
    found: list[Socket], counted: dict[str, int]
) -> None:
    web = Container.from_inspect(container("web", "iris-blue", "api-1"))
    assert inbound([web], sockets_of=lambda _: found) == counted


def test_a_container_without_published_ports_serves_nobody() -> None:
    worker = Container.from_inspect(container("mail", "iris-blue", "mail-1", published=False))
    assert inbound([worker], sockets_of=lambda _: [connection()]) == {}


def test_a_container_that_ended_serves_nobody() -> None:
    ended = Container.from_inspect(container("web", "iris-blue", "api-1", state="exited"))
    assert inbound([ended], sockets_of=lambda _: [connection()]) == {}
