"""The main job on real hosts, under a load that notices every lost request."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import cycle, islice

import pytest

from rollway import exits
from tests.integration.fault_fleet import (
    GOOD,
    build,
    deploy_past_first_wave,
    kill_family,
    serve,
)
from tests.integration.lab_fleet import ROOT, Lab
from tests.load import SHORT_STREAM_SECONDS, STREAM_SECONDS, traffic

pytestmark = pytest.mark.lab

DRAIN_SECONDS = 8.0  # of a stream: longer than from a slot's last shift to its next start


@pytest.fixture(scope="module")
def fleet(lab: Lab) -> Lab:
    """The lab with the first version serving, and the others built."""
    for version in GOOD:
        build(lab, version)
    return serve(lab, GOOD[0])


def _deploy(lab: Lab, version: str, *options: str, code: int = exits.DONE) -> str:
    ran = lab.invoke("deploy", f"--version={version}", *options)
    assert ran.returncode == code, ran.stderr
    return ran.stderr


def _versions(lab: Lab) -> list[str]:
    return [host["version"] for host in lab.status()["hosts"]]


def _alternate(
    lab: Lab,
    versions: Iterable[str],
    deploy: Callable[[str], object],
    *,
    stream_seconds: float = SHORT_STREAM_SECONDS,
) -> None:
    with traffic(lab.url, versions=set(GOOD), stream_seconds=stream_seconds) as report:
        for version in versions:
            deploy(version)
    assert report.lost == []
    assert report.cut_streams == []
    assert report.idle_closes == 0
    assert report.answered > 0
    assert set(report.versions) <= set(GOOD)


def test_deploys_into_a_warm_and_a_used_slot_lose_no_request(fleet: Lab) -> None:
    order = (GOOD[1], GOOD[0], GOOD[2])
    _alternate(fleet, order, lambda one: _deploy(fleet, one), stream_seconds=DRAIN_SECONDS)


@pytest.mark.long(seconds=240)
def test_twenty_alternating_deploys_lose_no_request(fleet: Lab) -> None:
    order = islice(cycle(GOOD[:2]), 20)
    _alternate(fleet, order, lambda one: _deploy(fleet, one), stream_seconds=STREAM_SECONDS)


@pytest.mark.long(seconds=120)
def test_twelve_deploys_that_each_start_anew_lose_no_request(fleet: Lab) -> None:
    """With three versions in turn no slot holds the next one: it drains, stops and starts."""
    order = islice(cycle((GOOD[2], GOOD[0], GOOD[1])), 12)
    _alternate(fleet, order, lambda one: _deploy(fleet, one), stream_seconds=STREAM_SECONDS)


@pytest.mark.parametrize(
    "count", [1, pytest.param(5, marks=pytest.mark.long)], ids=["one deploy", "five deploys"]
)
def test_ansible_alone_gives_the_same(fleet: Lab, count: int) -> None:
    def deploy(version: str) -> None:
        ran = fleet.playbook("deploy", f"--extra-vars=rollway_version={version}")
        assert ran.returncode == 0, ran.stdout

    order = list(islice(cycle(GOOD[:2]), count))
    _alternate(fleet, order, deploy)
    assert _versions(fleet) == [order[-1]] * 3


def test_a_host_without_the_installed_package_is_called_in_ansible_s_way(fleet: Lab) -> None:
    there, away = "/usr/local/sbin/rollway-host", "/usr/local/sbin/away"
    fleet.on("app-2", "mv", there, away)
    try:
        with traffic(fleet.url, versions=set(GOOD)) as report:
            ran = fleet.playbook("deploy", "-vvv", f"--extra-vars=rollway_version={GOOD[1]}")
    finally:
        fleet.on("app-2", "mv", away, there)
    assert ran.returncode == 0, ran.stdout
    assert report.lost == []
    assert _versions(fleet) == [GOOD[1]] * 3
    calls = {word: ran.stdout.count(word) for word in ("rollway-host step", "Using module file")}
    assert calls["rollway-host step"] > calls["Using module file"] > 0


def test_rollback_moves_traffic_back_and_loses_nothing(fleet: Lab) -> None:
    before = _versions(fleet)[0]
    new = next(one for one in GOOD if one != before)
    _deploy(fleet, new)
    with traffic(fleet.url, versions=set(GOOD)) as report:
        started = time.time()
        ran = fleet.invoke("rollback", "--json")
        assert ran.returncode == exits.DONE, ran.stderr
    result = json.loads(ran.stdout)
    print(f"rollback: last host switched after {_last_shift(result) - started:.2f} s")
    assert report.lost == []
    assert _versions(fleet) == [before] * 3
    assert result["rollback_of"].endswith(new)
    again = fleet.invoke("rollback", f"--to={result['rollback_of']}")
    assert again.returncode == exits.REFUSED


def _last_shift(result: dict[str, str]) -> float:
    lines = (ROOT / ".rollway" / "runs" / result["run"] / "events.jsonl").read_text().splitlines()
    return max(float(event["time"]) for event in map(json.loads, lines) if event["step"] == "shift")


def test_status_says_what_hosts_and_edges_say(fleet: Lab) -> None:
    """The other tests ask these themselves; where a run is held, or dead, it is the same."""
    assert fleet.shown_status() == fleet.status()


def test_the_same_release_again_touches_nothing(fleet: Lab) -> None:
    version = _versions(fleet)[0]
    ran = fleet.invoke("deploy", f"--version={version}", "--json")
    result = json.loads(ran.stdout)
    assert {host["action"] for host in result["hosts"]} == {"none"}


def test_check_mode_shows_the_plan_and_changes_nothing(fleet: Lab) -> None:
    before = fleet.status()
    ran = fleet.invoke("deploy", "--version=v-3", "--check", "--json")
    result = json.loads(ran.stdout)
    assert (ran.returncode, result["outcome"]) == (exits.DONE, "planned")
    assert len(result["waves"]) == 3
    assert fleet.status() == before


@pytest.mark.long
def test_the_next_deploy_continues_a_run_that_was_killed(fleet: Lab) -> None:
    version = _another(fleet)
    with traffic(fleet.url, versions=set(GOOD)) as report:
        first = _start_deploy(fleet, version)
        _until(lambda: "start" in _phase(fleet) or version in _versions(fleet))
        kill_family(first)
        _deploy(fleet, version)
    assert report.lost == []
    assert _versions(fleet) == [version] * 3
    assert fleet.status()["locks"] == []


@pytest.mark.long
def test_an_interrupted_deploy_says_so(fleet: Lab) -> None:
    first, _ = deploy_past_first_wave(fleet, _another(fleet))
    first.send_signal(signal.SIGTERM)
    _, said = first.communicate(timeout=60)
    assert first.returncode == exits.TERMINATED, said
    assert fleet.status()["locks"] == []
    _deploy(fleet, GOOD[0])
    assert _versions(fleet) == [GOOD[0]] * 3


def _another(lab: Lab) -> str:
    """A version that does not stand in any slot: its start takes a moment."""
    slots = {server["slot"] for server in lab.status()["edges"][0]["servers"]}
    assert slots == {"blue", "green"}
    serving = _versions(lab)[0]
    lab.invoke("deploy", f"--version={next(one for one in GOOD if one != serving)}")
    now = _versions(lab)[0]
    return next(one for one in GOOD if one not in {serving, now})


def _start_deploy(lab: Lab, version: str) -> subprocess.Popen[bytes]:
    command = [str(ROOT / "invoke"), "deploy", f"--env={lab.env}", f"--version={version}"]
    return subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL, start_new_session=True)


def _phase(lab: Lab) -> str:
    return ", ".join(str(lock["step"]) for lock in lab.status()["locks"])


def _until(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


WRONG = [
    ("an unknown application", ["--app=nope", "--version=1"], exits.USAGE, "apps/nope"),
    ("no version", [], exits.USAGE, "no version was named"),
    ("a version nobody built", ["--version=9.9.9"], exits.REFUSED, "is not in the registry"),
    ("an option of Invoke's own", ["--version=v-1", "--dry"], exits.USAGE, "--dry"),
]


@pytest.fixture(scope="module")
def untouched(fleet: Lab) -> Iterator[Lab]:
    """The fleet, which is the same after all cases."""
    before = fleet.status()
    yield fleet
    assert fleet.status() == before


@pytest.mark.parametrize(
    ("options", "code", "found"), [c[1:] for c in WRONG], ids=[c[0] for c in WRONG]
)
def test_wrong_use_changes_nothing(
    untouched: Lab, options: list[str], code: int, found: str
) -> None:
    ran = untouched.invoke("deploy", *options)
    assert (ran.returncode, found in ran.stderr) == (code, True), ran.stderr
