from __future__ import annotations

from pathlib import Path

import pytest

from rollway import exits
from rollway.errors import RollwayError
from rollway.lab import plan, reservation, role_inputs
from rollway.lab.paths import LabPaths
from tests.unit.lab.engine_stand_in import EngineStandIn, container

ROOT = Path(__file__).resolve().parents[3]


def test_a_plan_is_on_disk_before_any_of_it_exists(tmp_path: Path) -> None:
    paths = LabPaths("lab-x", tmp_path)
    lab = reservation.reserve(plan.Wish("lab-x"), EngineStandIn(), paths)
    assert reservation.read(paths) == lab
    assert paths.folder.stat().st_mode & 0o777 == 0o700


def test_two_labs_share_neither_network_nor_port(tmp_path: Path) -> None:
    one = reservation.reserve(plan.Wish("lab-x"), EngineStandIn(), LabPaths("lab-x", tmp_path))
    two = reservation.reserve(plan.Wish("lab-y"), EngineStandIn(), LabPaths("lab-y", tmp_path))
    assert one.subnet != two.subnet
    ports = [port for lab in (one, two) for host in lab.hosts for port in host.ports.values()]
    assert len(ports) == len(set(ports))


def test_a_network_that_somebody_took_meanwhile_is_not_used(tmp_path: Path) -> None:
    engine = EngineStandIn(taken_meanwhile=("10.77.0.0/24", "10.77.1.0/24"))
    lab = reservation.reserve(plan.Wish("lab-x"), engine, LabPaths("lab-x", tmp_path))
    assert lab.subnet == "10.77.2.0/24"
    assert [network["Name"] for network in engine.made] == ["rollway-lab-x"]


def test_a_lab_whose_network_went_to_another_is_refused(tmp_path: Path) -> None:
    paths = LabPaths("lab-x", tmp_path)
    reservation.reserve(plan.Wish("lab-x"), EngineStandIn(), paths)
    engine = EngineStandIn(taken_meanwhile=("10.77.0.0/24",))
    with pytest.raises(RollwayError) as refused:
        reservation.reserve(plan.Wish("lab-x"), engine, paths)
    assert str(refused.value) == (
        "lab lab-x: the engine refuses its network 10.77.0.0/24: another one has these addresses "
        "by now; next: ./invoke lab.down --env=lab-x, then the same command"
    )


def test_a_lab_of_another_checkout_is_refused(tmp_path: Path) -> None:
    paths, elsewhere = LabPaths("local", tmp_path), tmp_path / "elsewhere"
    elsewhere.mkdir()
    entry = container("rollway-local-app-1", env="local", project=str(elsewhere))
    with pytest.raises(RollwayError) as refused:
        reservation.reserve(plan.Wish("local"), EngineStandIn(listed=[entry]), paths)
    assert refused.value.exit_code == exits.REFUSED
    assert str(refused.value) == (
        f"lab local: belongs to the checkout {elsewhere}; accepted: one lab of a name on a "
        f"machine; next: (cd {elsewhere} && ./invoke lab.down --env=local), or --env=lab-<name>"
    )


def test_a_lab_of_a_checkout_that_is_gone_is_nobody_s(tmp_path: Path) -> None:
    entry = container("rollway-local-app-1", env="local", project=str(tmp_path / "gone"))
    paths = LabPaths("local", tmp_path)
    reservation.refuse_foreign(EngineStandIn(listed=[entry]), paths)


def test_a_plan_that_cannot_be_read_names_its_file(tmp_path: Path) -> None:
    paths = LabPaths("lab-x", tmp_path)
    paths.folder.mkdir(parents=True)
    paths.plan.write_text("{}")
    with pytest.raises(RollwayError) as refused:
        reservation.read(paths)
    assert str(refused.value) == (
        f"{paths.plan}: cannot be read: KeyError('hosts'); next: ./invoke lab.down --env=lab-x"
    )


def test_the_role_is_told_what_is_there_too_much() -> None:
    paths = LabPaths("lab-unit", ROOT)
    lab = plan.make(
        plan.Wish("lab-unit", app_count=1),
        plan.Surroundings((), lambda _port: True),
        before=None,
    )
    listed = [
        container(f"rollway-lab-unit-app-{number}", env="lab-unit", project=str(ROOT))
        for number in (1, 2)
    ]
    inputs = role_inputs.of(lab, EngineStandIn(listed=listed), paths)
    assert inputs["surplus"] == ["rollway-lab-unit-app-2"]
    assert inputs["cgroup_version"] == 2
    assert inputs["hosts"][0]["published"] == ["127.0.0.1:24000:22"]


PUBLISHED = [
    pytest.param(0, (22,), ["rollway-lab-unit-app-1"], id="an app host that becomes an edge"),
    pytest.param(1, (22, 80), ["rollway-lab-unit-app-1"], id="an edge that becomes an app host"),
    pytest.param(0, (22, 80), [], id="an app host that is an edge already"),
    pytest.param(1, (22,), [], id="an app host that stays one"),
]


@pytest.mark.parametrize(("edges", "ports", "expected"), PUBLISHED)
def test_a_host_whose_ports_change_is_made_anew(
    edges: int, ports: tuple[int, ...], expected: list[str]
) -> None:
    wish = plan.Wish("lab-unit", app_count=1, edge_count=edges)
    lab = plan.make(wish, plan.Surroundings((), lambda _port: True), before=None)
    entry = container("rollway-lab-unit-app-1", env="lab-unit", project=str(ROOT), ports=ports)
    engine = EngineStandIn(listed=[entry])
    assert role_inputs.of(lab, engine, LabPaths("lab-unit", ROOT))["surplus"] == expected
