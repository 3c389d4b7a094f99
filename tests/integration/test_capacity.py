"""Hosts without room for both releases stop first, on real hosts and under load."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from typing import Any

import pytest

from rollway import exits
from tests.integration.changed_demo import changed_demo
from tests.integration.fault_fleet import GOOD, build, deploy, environment, events, versions
from tests.integration.lab_fleet import Lab
from tests.load import Report, traffic

pytestmark = pytest.mark.lab

NEVER, TURNS = "v-never", "v-turns-10"
# It turns bad so long after its start: after its shift on a slow machine, too, and in its bake.
BAKE_SECONDS, TURNS_AFTER = 12, 10
LIMIT = "        limits:\n          memory: 192M\n"
MEMINFO = "/run/rollway-test-meminfo"
SHORT_MIB = 100  # too few for a second container of 192 MiB, whatever a warm slot gives back


@pytest.fixture(scope="module")
def built(lab: Lab) -> Lab:
    """The lab with two versions in its registry."""
    for version in GOOD[:2]:
        build(lab, version)
    return lab


@contextlib.contextmanager
def _changed(lab: Lab, name: str, *changes: tuple[str, str], **variables: str) -> Iterator[Lab]:
    """An environment whose Compose file has these changes, the first version serving on it."""

    def change(text: str) -> str:
        for old, new in changes:
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        return text

    settings = {"START_PERIOD": "1s", **variables}
    with changed_demo(change) as apps, environment(lab, name, apps_dir=apps, **settings) as env:
        deploy(env, GOOD[0])
        yield env


@contextlib.contextmanager
def short_of_memory(lab: Lab, host: str, *, mebibytes: int) -> Iterator[None]:
    """A host that tells of less memory than its machine has: all hosts of a lab see the same."""
    told = f"MemTotal: {8 << 20} kB\nMemAvailable: {mebibytes << 10} kB\n"
    lab.on(host, "sh", "-c", f"printf '{told}' > {MEMINFO}")
    lab.on(host, "mount", "--bind", MEMINFO, "/proc/meminfo")
    try:
        yield
    finally:
        lab.on(host, "umount", "/proc/meminfo")


@contextlib.contextmanager
def unharmed(lab: Lab, *also: str) -> Iterator[Report]:
    """A load that may lose nothing."""
    with traffic(lab.url, versions={*GOOD, *also}) as report:
        yield report
    assert report.lost == []
    assert report.cut_streams == []
    assert report.idle_closes == 0
    assert report.answered > 0


def _orders(result: dict[str, Any]) -> list[str]:
    return [host["order"] for host in result["hosts"]]


def _serves(lab: Lab, version: str) -> None:
    """Every host serves this version in rotation, and no lock is left."""
    status = lab.status()
    assert [host["version"] for host in status["hosts"]] == [version] * 3
    assert [host["host"] for host in status["hosts"] if not host["in_rotation"]] == []
    assert status["locks"] == []


def _running(lab: Lab, host: str) -> list[str]:
    """The slots of the demo in which a container runs."""
    told = lab.on(host, "docker", "ps", "--format={{.Names}}").split()
    return sorted(name.split("-")[1] for name in told if name.startswith("iris-"))


def test_only_the_host_without_room_stops_first(built: Lab) -> None:
    with _changed(built, "room-one") as env, short_of_memory(built, "app-2", mebibytes=SHORT_MIB):
        planned = env.invoke("plan", f"--version={GOOD[1]}", "--json")
        assert planned.returncode == exits.DONE, planned.stderr
        hosts = json.loads(planned.stdout)["hosts"]
        assert [one["order"] for one in hosts] == ["start-first", "stop-first", "start-first"]
        assert hosts[1]["why"].startswith("192 MiB are needed beside ")
        with unharmed(env):
            result = deploy(env, GOOD[1])
        assert _orders(result) == ["start-first", "stop-first", "start-first"]
        assert [len(_running(built, host)) for host in built.hosts] == [2, 1, 2]  # none warm there
        _serves(env, GOOD[1])


def _reserved(lab: Lab) -> str:
    """More than half of what a host has free: one release has room, two have not."""
    lines = lab.on(lab.hosts[0], "cat", "/proc/meminfo").splitlines()
    fields = dict(line.split(":", 1) for line in lines)
    return f"{int(fields['MemAvailable'].split()[0]) * 6 // 10 // 1024}M"


@pytest.mark.long
def test_a_reservation_of_more_than_half_stops_first_and_loses_nothing(built: Lab) -> None:
    reserved = LIMIT.replace("limits", "reservations").replace("192M", _reserved(built))
    with _changed(built, "room-all", (LIMIT, reserved)) as env:
        with unharmed(env):
            assert _orders(deploy(env, GOOD[1])) == ["stop-first"] * 3
            _serves(env, GOOD[1])
            back = env.invoke("rollback", "--json")
        assert back.returncode == exits.DONE, back.stderr
        assert _orders(json.loads(back.stdout)) == ["stop-first"] * 3
        _serves(env, GOOD[0])


ORDER = ("  rollout:\n", "  rollout:\n    order: stop-first\n")


@pytest.mark.long
def test_a_failing_release_on_a_host_that_stops_first_comes_back(built: Lab) -> None:
    build(built, NEVER, FAULT="never_ready")
    with _changed(built, "room-never", ORDER) as env:
        with unharmed(env):
            result = deploy(env, NEVER, code=exits.FAILED)
        assert "the whole fleet serves" in result["sentence"]
        assert [_running(built, host)[:1] for host in built.hosts] == [
            [host["slot"]] for host in env.status()["hosts"]
        ]
        _serves(env, GOOD[0])


@pytest.mark.long
def test_a_release_that_turns_bad_after_its_shift_goes_back_wave_by_wave(built: Lab) -> None:
    build(built, TURNS, FAULT="ready_then_failing", FAULT_SECONDS=str(TURNS_AFTER))
    with _changed(built, "room-turns", ORDER, BAKE_SECONDS=str(BAKE_SECONDS)) as env:
        with traffic(env.url, versions={GOOD[0], TURNS}) as report:
            result = deploy(env, TURNS, code=exits.FAILED)
        print(f"turns: {result['reasons']}; lost {report.lost}")
        # a POST that reached the bad release is lost on any host; the way back loses none
        assert not any(name.endswith("_get") for name in report.lost_by_profile), report.lost
        steps = [one["step"] for one in events(result["run"]) if one["step"] != "acquire"]
        assert steps.index("retreat") < steps.index("undo") < steps.index("unshift")
        assert versions(env) == [GOOD[0]] * 3
        _serves(env, GOOD[0])


TOO_FEW: list[Any] = [
    pytest.param("    waves: [100%]\n", "0 hosts serve", id="all at once"),
    pytest.param("    min_serving: 3\n", "2 hosts serve", id="none may be missed"),
]


@pytest.mark.long
@pytest.mark.parametrize(("setting", "found"), TOO_FEW)
def test_a_wave_that_leaves_too_few_is_refused_before_any_change(
    built: Lab, setting: str, found: str
) -> None:
    old, new = ORDER
    with _changed(built, "room-few", ORDER) as before:
        status = before.status()
        with (
            changed_demo(lambda text: text.replace(old, f"{new}{setting}")) as apps,
            environment(built, "room-fewer", apps_dir=apps, START_PERIOD="1s") as env,
        ):
            ran = env.invoke("deploy", f"--version={GOOD[1]}")
        assert ran.returncode == exits.REFUSED, ran.stderr
        assert found in ran.stderr
        assert "x-rollway.rollout.min_serving" in ran.stderr
        assert before.status() == status
