from __future__ import annotations

import pytest

from rollway.errors import RollwayError
from rollway.lab.plan import Lab, Surroundings, Wish, from_json, make, to_json

FREE = Surroundings((), lambda _port: True)


def _lab(count: int, *, edges: int = 1, env: str = "lab-x", before: Lab | None = None) -> Lab:
    return make(Wish(env, "ready", count, edges), FREE, before=before)


def test_a_lab_has_app_hosts_an_edge_and_a_registry() -> None:
    lab = _lab(2)
    assert [(host.name, host.groups, host.address) for host in lab.hosts] == [
        ("app-1", ("app",), "10.77.0.21"),
        ("app-2", ("app",), "10.77.0.22"),
        ("edge-1", ("edge",), "10.77.0.10"),
        ("registry-1", ("registry",), "10.77.0.5"),
    ]


def test_the_image_lab_is_one_host_in_all_groups() -> None:
    lab = make(Wish("lab-image", "bare", 1, 0, is_image=True), FREE, before=None)
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
    assert make(Wish("lab-x"), around, before=None).hosts[0].ports == {22: 24128}


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


@pytest.mark.parametrize("count", [-1, 6], ids=lambda count: f"{count} edges")
def test_the_number_of_edges_has_bounds(count: int) -> None:
    with pytest.raises(RollwayError) as refused:
        _lab(1, edges=count)
    assert str(refused.value) == f"--edges: {count}; accepted: 0 to 5"


def test_several_edges_are_published_each() -> None:
    lab = _lab(1, edges=3)
    assert [(host.name, host.groups, host.address, host.ports) for host in lab.hosts[1:4]] == [
        ("edge-1", ("edge",), "10.77.0.10", {22: 24001, 80: 24002}),
        ("edge-2", ("edge",), "10.77.0.11", {22: 24003, 80: 24004}),
        ("edge-3", ("edge",), "10.77.0.12", {22: 24005, 80: 24006}),
    ]
    assert lab.urls == {
        "edge-1": "http://127.0.0.1:24002",
        "edge-2": "http://127.0.0.1:24004",
        "edge-3": "http://127.0.0.1:24006",
    }


def test_without_an_edge_the_first_app_host_is_one() -> None:
    lab = _lab(2, edges=0)
    assert [(host.name, host.groups) for host in lab.hosts] == [
        ("app-1", ("app", "edge")),
        ("app-2", ("app",)),
        ("registry-1", ("registry",)),
    ]
    assert (lab.hosts[0].address, lab.hosts[0].ports) == ("10.77.0.21", {22: 24000, 80: 24001})
    assert (lab.app_count, lab.edge_count) == (2, 0)


def test_the_largest_lab_has_addresses_and_ports_enough() -> None:
    lab = _lab(50, edges=5)
    ports = [port for host in lab.hosts for port in host.ports.values()]
    assert len({host.address for host in lab.hosts}) == 56
    assert len(set(ports)) == len(ports) == 62
    assert max(ports) < 24064


@pytest.mark.parametrize(("fewer", "more"), [(0, 1), (1, 2), (1, 5)])
def test_edges_come_and_go_and_the_others_stay(fewer: int, more: int) -> None:
    before = _lab(2, edges=fewer, env="local")
    after = _lab(2, edges=more, env="local", before=before)
    stayed = {host for host in _frozen(before) if host in _frozen(after)}
    assert {name for name, _address, _ssh in stayed} == {host.name for host in before.hosts}
    assert next(iter(after.urls.values())) == "http://127.0.0.1:8080"
    assert _lab(2, edges=fewer, env="local", before=after).urls == before.urls


def _frozen(lab: Lab) -> set[tuple[str, str, int]]:
    return {(host.name, host.address, host.ports[22]) for host in lab.hosts}


def test_the_ports_of_hosts_that_go_are_given_to_those_that_come() -> None:
    before = _lab(50, edges=0)
    own = {port for host in before.hosts for port in host.ports.values()}
    busy = Surroundings((before.subnet,), lambda port: port not in own)
    after = make(Wish("lab-x", "ready", 40, 5), busy, before=before)
    ports = [port for host in after.hosts for port in host.ports.values()]
    assert len(set(ports)) == len(ports)


SHAPES = [
    (Wish("lab-x"), "3 app hosts, 1 edge and registry"),
    (Wish("lab-x", app_count=1, edge_count=0), "1 app host, no edge of its own and registry"),
    (Wish("lab-x", edge_count=2), "3 app hosts, 2 edges and registry"),
]


@pytest.mark.parametrize(("wish", "words"), SHAPES, ids=[words for _wish, words in SHAPES])
def test_a_shape_in_words(wish: Wish, words: str) -> None:
    assert wish.shape == words


def test_a_plan_is_read_as_it_was_written() -> None:
    lab = _lab(3, edges=2)
    assert from_json(to_json(lab)) == lab
    assert (lab.app_count, lab.edge_count) == (3, 2)


def test_a_plan_from_before_edges_were_counted_is_read() -> None:
    written = {
        "schema": 1,
        "env": "lab-x",
        "subnet": "10.77.0.0/24",
        "kind": "ready",
        "hosts": [
            {"name": "app-1", "groups": ["app"], "address": "10.77.0.21", "ports": {"22": 24000}},
            {
                "name": "edge-1",
                "groups": ["edge"],
                "address": "10.77.0.10",
                "ports": {"22": 24001, "80": 24002},
            },
            {
                "name": "registry-1",
                "groups": ["registry"],
                "address": "10.77.0.5",
                "ports": {"22": 24003, "5000": 24004},
            },
        ],
    }
    before = from_json(written)
    assert _lab(1, before=before) == before
