from __future__ import annotations

import json
import socket
from pathlib import Path

from rollway.lab import surroundings
from rollway.lab.paths import LabPaths
from tests.unit.lab.engine_stand_in import EngineStandIn

ROUTES = """Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT
eth0 00000000 010200C0 0003 0 0 0 00000000 0 0 0
eth0 000200C0 00000000 0001 0 0 0 00FFFFFF 0 0 0
"""


def test_routes_are_networks_without_the_default_one(tmp_path: Path) -> None:
    table = tmp_path / "route"
    table.write_text(ROUTES)
    assert surroundings.routes(table) == ["192.0.2.0/255.255.255.0"]


def test_a_machine_without_proc_has_no_routes_to_read(tmp_path: Path) -> None:
    assert surroundings.routes(tmp_path / "absent") == []


def test_other_labs_keep_their_networks(tmp_path: Path) -> None:
    paths = LabPaths("lab-x", tmp_path)
    other = paths.labs / "local"
    other.mkdir(parents=True)
    plan = {"subnet": "10.77.0.0/24", "hosts": []}
    (other / "lab.json").write_text(json.dumps(plan))
    around = surroundings.look(EngineStandIn(subnets=["172.17.0.0/16"]), paths)
    assert {"10.77.0.0/24", "172.17.0.0/16"} <= set(around.networks)


def test_a_port_of_another_lab_is_not_free_while_that_is_stopped(tmp_path: Path) -> None:
    paths = LabPaths("lab-x", tmp_path)
    other = paths.labs / "local"
    other.mkdir(parents=True)
    plan = {"subnet": "10.77.0.0/24", "hosts": [{"ports": {"22": 24060}}]}
    (other / "lab.json").write_text(json.dumps(plan))
    assert not surroundings.look(EngineStandIn(), paths).is_port_free(24060)


def test_a_port_somebody_listens_on_is_not_free(tmp_path: Path) -> None:
    around = surroundings.look(EngineStandIn(), LabPaths("lab-x", tmp_path))
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        assert not around.is_port_free(listener.getsockname()[1])
