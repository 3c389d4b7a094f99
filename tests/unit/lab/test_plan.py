from __future__ import annotations

import pytest

from rollway.errors import RollwayError
from rollway.lab.plan import Lab, Surroundings, Wish, from_json, make, to_json

FREE = Surroundings((), lambda _port: True)


def _lab(count: int, *, env: str = "lab-x", before: Lab | None = None) -> Lab:
    return make(Wish(env, "ready", count), FREE, before=before)


def test_a_lab_has_app_hosts_an_edge_and_a_registry() -> None:
    lab = _lab(2)
    assert [(host.name, host.groups, host.address) for host in lab.hosts] == [
        ("app-1", ("app",), "10.77.0.21"),
        ("app-2", ("app",), "10.77.0.22"),
        ("edge-1", ("edge",), "10.77.0.10"),
        ("registry-1", ("registry",), "10.77.0.5"),
    ]


def test_the_image_lab_is_one_host_in_all_groups() -> None:
    lab = make(Wish("lab-image", "bare", 1, is_image=True), FREE, before=None)
    assert [(host.name, host.groups) for host in lab.hosts] == [
        ("host-1", ("app", "edge", "registry"))
    ]
    assert sorted(lab.hosts[0].ports) == [22, 80, 5000]


TAKEN = [
    pytest.param((), "10.77.0.0/24", id="the first where nothing is taken"),
    pytest.param(("10.77.0.0/24",), "10.77.1.0/24", id="the next where another lab has the first"),
    pytest.param(("10.77.0.128/25", "10.77.2.0/23"), "10.77.1.0/24", id="one between two networks"),
    pytest.param(("10.76.0.0/15",), None, id="none where a route takes all of them"),
    pytest.param(("10.77.0.0/18",), "10.77.64.0/24", id="one far behind"),
    pytest.param(("fd00::/64", "172.17.0.0/16"), "10.77.0.0/24", id="others do not matter"),
]


@pytest.mark.parametrize(("networks", "expected"), TAKEN)
def test_the_network_is_free(networks: tuple[str, ...], expected: str | None) -> None:
    around = Surroundings(networks, lambda _port: True)
    if expected is None:
        with pytest.raises(RollwayError, match=r"lab network: every part of 10\.77\.0\.0/17"):
            make(Wish("lab-x"), around, before=None)
    else:
        assert make(Wish("lab-x"), around, before=None).subnet == expected


def test_every_published_port_is_free_and_used_once() -> None:
    around = Surroundings((), lambda port: port % 2 == 0)
    ports = [
        port
        for host in make(Wish("lab-x"), around, before=None).hosts
        for port in host.ports.values()
    ]
    assert ports == [24000, 24002, 24004, 24006, 24008, 24010, 24012]


def test_ports_belong_to_the_network() -> None:
    around = Surroundings(("10.77.0.0/24", "10.77.1.0/24"), lambda _port: True)
    assert make(Wish("lab-x"), around, before=None).hosts[0].ports == {22: 24120}


EDGE_PORTS = [
    pytest.param("local", set(), 8080, id="8080 for the lab local"),
    pytest.param("local", {8080}, 24004, id="another where 8080 is taken"),
    pytest.param("lab-x", set(), 24004, id="another for other labs"),
]


@pytest.mark.parametrize(("env", "taken", "expected"), EDGE_PORTS)
def test_the_edge_is_published(env: str, taken: set[int], expected: int) -> None:
    lab = make(Wish(env), Surroundings((), lambda port: port not in taken), before=None)
    edge = next(host for host in lab.hosts if "edge" in host.groups)
    assert edge.ports[80] == expected


def test_a_second_time_nothing_changes_whatever_is_taken_by_now() -> None:
    before = _lab(3)
    busy = Surroundings((before.subnet,), lambda _port: False)
    assert make(Wish("lab-x"), busy, before=before) == before


def test_more_hosts_leave_the_others_as_they_are() -> None:
    before = _lab(3)
    after = _lab(4, before=before)
    assert [host for host in after.hosts if host.name != "app-4"] == list(before.hosts)


@pytest.mark.parametrize("count", [0, -1, 51], ids=lambda count: f"{count} hosts")
def test_the_number_of_hosts_has_bounds(count: int) -> None:
    with pytest.raises(RollwayError) as refused:
        _lab(count)
    assert str(refused.value) == f"--hosts: {count}; accepted: 1 to 50"


def test_a_plan_is_read_as_it_was_written() -> None:
    lab = _lab(3)
    assert from_json(to_json(lab)) == lab
    assert lab.app_count == 3
