"""What keeps hosts and edges from working is named, and repaired without a lost request."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rollway import exits
from tests.integration.fault_fleet import GOOD, build, deploy, environment, serve
from tests.integration.lab_fleet import Lab
from tests.load import traffic

pytestmark = pytest.mark.lab

VERSIONS = GOOD
RECORDS = Path("/var/lib/rollway/iris")


@pytest.fixture(scope="module")
def well(lab: Lab) -> Lab:
    """The lab on the second of three versions; the first is warm."""
    for version in VERSIONS:
        build(lab, version)
    serve(lab, VERSIONS[0])
    deploy(lab, VERSIONS[1])
    lab.invoke("doctor", "--fix")  # what other tests have left
    assert _doctor(lab)["findings"] == []
    return lab


def _doctor(lab: Lab, *options: str, code: int = exits.DONE) -> dict[str, Any]:
    ran = lab.invoke("doctor", "--json", *options)
    assert ran.returncode == code, ran.stderr
    return dict(json.loads(ran.stdout))


def _places(findings: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    return [(one["host"], one["kind"], one["where"]) for one in findings]


def _serving(lab: Lab) -> list[tuple[str, str, str]]:
    return [(host["host"], host["release"], host["slot"]) for host in lab.status()["hosts"]]


def _truncate(lab: Lab, host: str, path: Path) -> None:
    lab.on(host, "truncate", "--size=20", str(path))


def _state(lab: Lab, host: str) -> Path:
    del lab, host
    return RECORDS / "state.json"


def _manifest(lab: Lab, host: str) -> Path:
    release = next(one["release"] for one in lab.status()["hosts"] if one["host"] == host)
    return RECORDS / "releases" / str(release) / "release.json"


def _lock(lab: Lab, host: str) -> Path:
    lab.on(host, "cp", str(RECORDS / "state.json"), str(RECORDS / "lock.json"))
    return RECORDS / "lock.json"


SPOILED: list[Any] = [
    pytest.param(_state, "state", id="a state"),
    pytest.param(_manifest, "release", id="a manifest", marks=pytest.mark.long),
    pytest.param(_lock, "lock", id="a lock", marks=pytest.mark.long),
]


@pytest.mark.parametrize(("choose", "kind"), SPOILED)
def test_a_record_that_was_cut_is_written_anew_while_the_host_serves(
    choose: Callable[[Lab, str], Path], kind: str, well: Lab
) -> None:
    host, before = well.hosts[0], _serving(well)
    path = choose(well, host)
    content = well.on(host, "cat", str(path))
    _truncate(well, host, path)
    cut = well.on(host, "cat", str(path))
    with traffic(well.url, versions=VERSIONS) as report:
        found = _doctor(well, code=exits.DRIFT)
        assert _places(found["findings"]) == [(host, kind, str(path))]
        assert well.on(host, "cat", str(path)) == cut
        done = _doctor(well, "--fix")
    assert report.lost == []
    assert _places(done["repaired"]) == [(host, kind, str(path))]
    assert well.on(host, "cat", f"{path}.bad") == cut
    if kind == "release":
        assert well.on(host, "cat", str(path)) == content
    assert _serving(well) == before
    assert well.invoke("drift").returncode == exits.DONE
    assert _doctor(well)["findings"] == []


def test_what_compose_left_goes_and_what_serves_stays(well: Lab) -> None:
    host, before = well.hosts[1], _serving(well)
    slot = next(one[2] for one in before if one[0] == host)
    own = f"iris-{slot}-api-1-1"
    image = well.on(host, "docker", "inspect", "--format={{.Image}}", own).strip()
    labels = {
        "com.docker.compose.project": f"iris-{slot}",
        "com.docker.compose.service": "api-1",
    }
    words = [f"--label={name}={value}" for name, value in labels.items()]
    well.on(host, "docker", "create", f"--name=0123456789ab_{own}", *words, image)
    well.on(host, "docker", "create", "--name=stray", "--label=io.rollway.app=iris", image)
    wanted = [(host, "container", name) for name in (f"0123456789ab_{own}", "stray")]
    assert _places(_doctor(well, code=exits.DRIFT)["findings"]) == wanted
    assert _places(_doctor(well, "--fix")["repaired"]) == wanted
    assert _serving(well) == before
    listed = well.on(host, "docker", "ps", "--all", "--format={{.Names}}").split()
    assert own in listed
    assert not {"stray", f"0123456789ab_{own}"} & set(listed)


@pytest.mark.long
def test_a_timer_that_is_gone_is_armed_again(well: Lab) -> None:
    deploy(well, VERSIONS[2])
    host = well.hosts[0]
    serving = next(one[2] for one in _serving(well) if one[0] == host)
    unit = f"rollway-reap-iris-{'green' if serving == 'blue' else 'blue'}.timer"
    well.on(host, "systemctl", "stop", unit)
    assert _places(_doctor(well, code=exits.DRIFT)["findings"]) == [(host, "unit", unit)]
    assert _doctor(well, "--fix")["exit"] == exits.DONE
    assert well.on(host, "systemctl", "is-active", unit).strip() == "active"


@pytest.mark.long
def test_a_freeze_keeps_a_repair_out(well: Lab) -> None:
    host = well.hosts[0]
    image = well.on(host, "docker", "images", "--quiet").split()[0]
    frozen = json.loads(well.invoke("lock.acquire", "--reason=doctor", "--json").stdout)
    well.on(host, "docker", "create", "--name=stray", "--label=io.rollway.app=iris", image)
    try:
        refused = _doctor(well, "--fix", code=exits.LOCKED)
        assert refused["sentence"] == "refused; nothing was changed"
        assert "stray" in well.on(host, "docker", "ps", "--all", "--format={{.Names}}")
    finally:
        assert well.invoke("lock.release", f"--run={frozen['run']}").returncode == exits.DONE
    assert _places(_doctor(well, "--fix")["repaired"]) == [(host, "container", "stray")]


@pytest.mark.long
def test_servers_of_a_host_that_left_the_inventory_leave_the_edge(well: Lab) -> None:
    gone = well.hosts[-1]
    with environment(well, "gone") as smaller:
        hosts = smaller.inventory / "hosts.yml"
        in_app = hosts.read_text().split("        app:\n")
        assert f"            {gone}:\n" in in_app[1]
        hosts.write_text("        app:\n".join([in_app[0], _without(in_app[1], gone)]))
        with traffic(well.url, versions=VERSIONS) as report:
            found = _doctor(smaller, code=exits.DRIFT)
            assert [one["where"] for one in found["findings"]] == [f"rollway_iris/{gone}"]
            assert _doctor(smaller, "--fix")["findings"] == []
        assert report.lost == []
    servers = {server["host"] for edge in well.status()["edges"] for server in edge["servers"]}
    assert servers == set(well.hosts) - {gone}
    deploy(well, VERSIONS[0])
    servers = {server["host"] for edge in well.status()["edges"] for server in edge["servers"]}
    assert servers == set(well.hosts)


def _without(text: str, host: str) -> str:
    """The groups of an inventory without a host."""
    return text.replace(f"            {host}:\n", "", 1)
