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
from typing import Any

import pytest

from rollway import exits
from tests.integration.changed_demo import changed_demo
from tests.integration.lab_fleet import ROOT, Lab, invoke, remains
from tests.integration.shape_fleet import (
    ENV,
    FRAGMENTS,
    GOOD,
    Fleet,
    foreign_fragment,
    known,
    paused,
    read_only,
    rotation,
    shaped,
    unharmed,
)

MODEL = "/v2/models/iris"
pytestmark = pytest.mark.long(seconds=120)


@pytest.fixture(scope="module", autouse=True)
def at_the_end() -> Iterator[None]:
    """Takes the lab down, however far the tests came."""
    yield
    if os.environ.get("ROLLWAY_KEEP_LAB") != "1":
        removed = invoke("lab.down", f"--env={ENV}")
        assert removed.returncode == 0, removed.stderr
        assert remains(ENV) == []


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


def test_an_edge_that_refuses_a_new_host_ends_the_run_before_traffic_moves(
    a_host_more: Fleet,
) -> None:
    before = rotation(a_host_more.lab.status())
    _, other = a_host_more.others()
    with unharmed(*a_host_more.urls.values()), foreign_fragment("edge-2", "nonsense"):
        result = a_host_more.deploy(other, code=exits.FAILED)
    assert "haproxy" in " ".join(result["reasons"])
    assert rotation(a_host_more.lab.status()) == before


def test_the_same_release_goes_to_a_new_host_alone(a_host_more: Fleet) -> None:
    now, _ = a_host_more.others()
    with unharmed(*a_host_more.urls.values()):
        result = a_host_more.deploy(now)
    actions = {host["host"]: host["action"] for host in result["hosts"]}
    assert actions == {"app-1": "none", "app-2": "none", "app-3": "start"}
    assert result["waves"] == [["app-3"]]
    a_host_more.serves(now)


def test_a_host_that_was_removed_leaves_the_edges(a_host_more: Fleet) -> None:
    fleet = shaped(hosts=2, edges=2)
    assert a_host_more.lab.hosts != fleet.lab.hosts
    _, other = fleet.others()
    with unharmed(*fleet.urls.values()):
        fleet.deploy(other)
    assert known(fleet.serves(other)) == [{"app-1", "app-2"}] * 2


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
