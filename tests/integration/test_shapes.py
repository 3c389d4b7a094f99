"""Other shapes of fleet than three hosts and an edge: several edges, hosts that come and go, one
host for all, many hosts in uneven waves.

The tests stand in the order in which the lab changes its shape, since that is what takes time;
those that need no other shape than the first run in CI.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import docker
import pytest

from rollway import exits
from tests.integration.changed_demo import changed_demo
from tests.integration.lab_fleet import ROOT, Lab, invoke
from tests.load import traffic

ENV = os.environ.get("ROLLWAY_SHAPE_LAB", "lab-shape")
GOOD = ("s-1", "s-2")
RATE = 60.0  # per edge, so that the load of two is that of the other tests
FRAGMENTS = "/etc/haproxy/rollway.d"
MODEL = "/v2/models/iris"

Status = dict[str, Any]
pytestmark = pytest.mark.lab


@dataclass(frozen=True)
class Fleet:
    """A lab of some shape; `urls` are its edges', by name."""

    lab: Lab
    urls: dict[str, str]

    def deploy(self, version: str, *, code: int = exits.DONE) -> dict[str, Any]:
        """Deploys a version and gives the result."""
        ran = self.lab.invoke("deploy", f"--version={version}", "--json")
        assert ran.returncode == code, ran.stderr
        return dict(json.loads(ran.stdout))

    def serves(self, version: str) -> Status:
        """Every host has the version, every edge sends requests to just these slots; no lock."""
        status = self.lab.status()
        assert _versions(status) == dict.fromkeys(self.lab.hosts, version)
        places = {(host["host"], host["slot"]) for host in status["hosts"]}
        assert _rotation(status) == dict.fromkeys(self.urls, places)
        assert status["locks"] == []
        return status

    def others(self) -> tuple[str, str]:
        """The version that serves, and the other one."""
        now = next(iter(_versions(self.lab.status()).values()))
        return now, next(one for one in GOOD if one != now)


def _versions(status: Status) -> dict[str, str]:
    return {host["host"]: host["version"] for host in status["hosts"]}


def _rotation(status: Status) -> dict[str, set[tuple[str, str]]]:
    """The hosts and slots that each edge sends requests to."""
    return {
        edge["host"]: {(one["host"], one["slot"]) for one in edge["servers"] if _is_up(one)}
        for edge in status["edges"]
    }


def _known(status: Status) -> list[set[str]]:
    """The hosts that each edge has servers of, whatever their state."""
    return [{one["host"] for one in edge["servers"]} for edge in status["edges"]]


def _is_up(server: dict[str, Any]) -> bool:
    return bool(server["state"] == "up" and server["weight"] > 0)


@pytest.fixture(scope="module", autouse=True)
def at_the_end() -> Iterator[None]:
    """Takes the lab down, however far the tests came."""
    yield
    if os.environ.get("ROLLWAY_KEEP_LAB") != "1":
        invoke("lab.down", f"--env={ENV}")


def shaped(*, hosts: int, edges: int) -> Fleet:
    """Brings the lab into this shape; the images stand in its registry, which stays."""
    made = invoke("lab.up", f"--env={ENV}", f"--hosts={hosts}", f"--edges={edges}")
    assert made.returncode == exits.DONE, made.stderr
    found = json.loads(invoke("lab.status", f"--env={ENV}", "--json").stdout)
    names = tuple(host["name"] for host in found["hosts"] if "app" in host["groups"])
    fleet = Fleet(Lab(ENV, found["url"], names), found["edge_urls"])
    for version in GOOD:
        built = fleet.lab.invoke("build", f"--version={version}")
        # refused where a lab that was kept has the version from other files: as good for shapes
        assert built.returncode in (exits.DONE, exits.REFUSED), built.stderr
    return fleet


@contextlib.contextmanager
def unharmed(*urls: str) -> Iterator[None]:
    """Load through every edge; none of them may lose an answer."""
    with contextlib.ExitStack() as loads:
        reports = [
            loads.enter_context(traffic(url, versions=GOOD, rate=RATE, finishes_streams=False))
            for url in urls
        ]
        yield
    for report in reports:
        assert (report.lost, report.cut_streams, report.idle_closes) == ([], [], 0)
        assert report.answered > 0


def _host(name: str) -> Any:
    return docker.from_env().containers.get(f"rollway-{ENV}-{name}")


def _on(name: str, *command: str) -> None:
    code, output = _host(name).exec_run(list(command))
    assert code == 0, output.decode()


@contextlib.contextmanager
def paused(name: str) -> Iterator[None]:
    """A host that is there and does not answer."""
    _host(name).pause()
    try:
        yield
    finally:
        _host(name).unpause()


@contextlib.contextmanager
def read_only(name: str, folder: str) -> Iterator[None]:
    """A folder in which even root writes nothing: acquire finds nothing wrong, a shift fails."""
    _on(name, "mount", "--bind", folder, folder)
    _on(name, "mount", "-o", "remount,ro,bind", folder)
    try:
        yield
    finally:
        _on(name, "umount", folder)


@contextlib.contextmanager
def foreign_fragment(name: str, text: str) -> Iterator[None]:
    """A file beside Rollway's that HAProxy does not load: it refuses the next reload."""
    path = f"{FRAGMENTS}/zz-foreign.cfg"
    _on(name, "sh", "-c", f"echo '{text}' > {path}")
    try:
        yield
    finally:
        _on(name, "rm", path)


@pytest.fixture(scope="module")
def two_edges() -> Fleet:
    """Two app hosts behind two edges, with the first version."""
    fleet = shaped(hosts=2, edges=2)
    fleet.deploy(GOOD[0])
    return fleet


def test_a_deploy_moves_the_traffic_of_both_edges(two_edges: Fleet) -> None:
    with unharmed(*two_edges.urls.values()):
        two_edges.deploy(GOOD[1])
    two_edges.serves(GOOD[1])


def test_an_edge_that_fails_on_the_way_puts_the_other_back(two_edges: Fleet) -> None:
    now, other = two_edges.others()
    with unharmed(*two_edges.urls.values()), read_only("edge-2", FRAGMENTS):
        result = two_edges.deploy(other, code=exits.FAILED)
    assert result["reasons"][0].startswith("edge-2: ")
    two_edges.serves(now)


def test_an_edge_that_is_gone_ends_a_deploy_before_any_change(two_edges: Fleet) -> None:
    before = two_edges.lab.status()
    _, other = two_edges.others()
    with unharmed(two_edges.urls["edge-1"]), paused("edge-2"):
        result = two_edges.deploy(other, code=exits.REFUSED)
    assert [problem["host"] for problem in result["problems"]] == ["edge-2"]
    assert two_edges.lab.status() == before


@pytest.mark.long
def test_an_edge_lost_on_the_way_needs_a_person_and_then_only_a_deploy(two_edges: Fleet) -> None:
    """It cannot be told to go back: nothing stops on any host, so what it knows goes on serving."""
    now, other = two_edges.others()
    with baking(two_edges, seconds=20) as slow, unharmed(two_edges.urls["edge-1"]):
        run = _start_deploy(slow, other)
        _until(lambda: other in _answers(two_edges.urls["edge-2"]))
        with paused("edge-2"):
            assert run.wait(timeout=180) == exits.NEEDS_PERSON
    with unharmed(*two_edges.urls.values()):
        two_edges.deploy(now)
    two_edges.serves(now)


@pytest.fixture(scope="module")
def a_host_more(two_edges: Fleet) -> Fleet:
    """A third app host, which the edges do not know yet."""
    assert two_edges.lab.hosts == ("app-1", "app-2")
    return shaped(hosts=3, edges=2)


@pytest.mark.long
def test_an_edge_that_refuses_a_new_host_ends_the_run_before_traffic_moves(
    a_host_more: Fleet,
) -> None:
    before = _rotation(a_host_more.lab.status())
    _, other = a_host_more.others()
    with unharmed(*a_host_more.urls.values()), foreign_fragment("edge-2", "nonsense"):
        result = a_host_more.deploy(other, code=exits.FAILED)
    assert "haproxy" in " ".join(result["reasons"])
    assert _rotation(a_host_more.lab.status()) == before


@pytest.mark.long
def test_the_same_release_goes_to_a_new_host_alone(a_host_more: Fleet) -> None:
    now, _ = a_host_more.others()
    with unharmed(*a_host_more.urls.values()):
        result = a_host_more.deploy(now)
    actions = {host["host"]: host["action"] for host in result["hosts"]}
    assert actions == {"app-1": "none", "app-2": "none", "app-3": "start"}
    assert result["waves"] == [["app-3"]]
    a_host_more.serves(now)


@pytest.mark.long
def test_a_host_that_was_removed_leaves_the_edges(a_host_more: Fleet) -> None:
    fleet = shaped(hosts=2, edges=2)
    assert a_host_more.lab.hosts != fleet.lab.hosts
    _, other = fleet.others()
    with unharmed(*fleet.urls.values()):
        fleet.deploy(other)
    assert _known(fleet.serves(other)) == [{"app-1", "app-2"}] * 2


@pytest.mark.long
def test_one_host_is_edge_and_app() -> None:
    fleet = shaped(hosts=1, edges=0)
    fleet.deploy(GOOD[0])
    with unharmed(fleet.lab.url):
        fleet.deploy(GOOD[1])
        fleet.deploy(GOOD[0])
        fleet.serves(GOOD[0])
        back = fleet.lab.invoke("rollback")
    assert back.returncode == exits.DONE, back.stderr
    fleet.serves(GOOD[1])


UNEVEN = [
    pytest.param(6, [1, 1, 4], id="six hosts"),
    pytest.param(12, [1, 3, 8], id="twelve hosts"),
]


@pytest.mark.long
@pytest.mark.parametrize(("hosts", "sizes"), UNEVEN)
def test_many_hosts_move_in_uneven_waves(hosts: int, sizes: list[int]) -> None:
    fleet = shaped(hosts=hosts, edges=1)
    fleet.deploy(GOOD[0])
    with in_waves(fleet, [1, "25%", "100%"]) as uneven, unharmed(fleet.lab.url):
        result = uneven.deploy(GOOD[1])
    assert [len(wave) for wave in result["waves"]] == sizes
    fleet.serves(GOOD[1])


@contextlib.contextmanager
def _with_settings(fleet: Fleet, settings: dict[str, Any]) -> Iterator[Fleet]:
    """The same hosts as an environment with other settings."""
    env = f"{ENV}-set"
    folder = ROOT / "inventories" / env
    (folder / "group_vars").mkdir(parents=True)
    try:
        shutil.copy(fleet.lab.inventory / "hosts.yml", folder)
        (folder / "group_vars" / "all.yml").write_text(json.dumps(settings))
        yield Fleet(Lab(env, fleet.lab.url, fleet.lab.hosts, ENV), fleet.urls)
    finally:
        shutil.rmtree(folder)


@contextlib.contextmanager
def baking(fleet: Fleet, *, seconds: int) -> Iterator[Fleet]:
    """Each wave must stay well for this long."""
    with _with_settings(fleet, {"rollway_variables": {"BAKE_SECONDS": str(seconds)}}) as slow:
        yield slow


@contextlib.contextmanager
def in_waves(fleet: Fleet, waves: list[int | str]) -> Iterator[Fleet]:
    """The demo with these waves in its Compose file."""
    with (
        changed_demo(lambda text: _in_waves(text, waves)) as apps,
        _with_settings(fleet, {"rollway_apps_dir": apps}) as uneven,
    ):
        yield uneven


def _in_waves(text: str, waves: list[int | str]) -> str:
    assert text.count("  rollout:\n") == 1
    return text.replace("  rollout:\n", f"  rollout:\n    waves: {json.dumps(waves)}\n")


def _start_deploy(fleet: Fleet, version: str) -> subprocess.Popen[bytes]:
    command = [str(ROOT / "invoke"), "deploy", f"--env={fleet.lab.env}", f"--version={version}"]
    return subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL, start_new_session=True)


def _answers(url: str) -> set[str]:
    """The versions that answer, asked often enough to hear every host."""
    return {_answer(url) for _ in range(4)}


def _answer(url: str) -> str:
    with urllib.request.urlopen(f"{url}{MODEL}", timeout=5) as answer:
        return str(json.load(answer)["version"])


def _until(condition: Callable[[], bool], seconds: float = 180.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.2)
