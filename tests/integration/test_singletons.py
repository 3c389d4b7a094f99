"""A worker of which the fleet has one, on real hosts: never two, whoever moves it or fails."""

from __future__ import annotations

import contextlib
import itertools
import json
import subprocess
import time
from collections.abc import Callable, Iterator

import pytest
import yaml

from rollway import exits
from tests.integration.changed_demo import changed_demo
from tests.integration.fault_fleet import (
    GOOD,
    build,
    deploy,
    environment,
    kill_family,
    versions,
)
from tests.integration.lab_fleet import ROOT, Lab
from tests.load import traffic

pytestmark = pytest.mark.long(seconds=90)

PLAIN, OLD, NEW = GOOD
# It notes the time ten times a second, in a file for each start: who overlaps, ran beside another.
SERVICE = """
  beat:
    image: ${REGISTRY:-localhost:5000}/iris:${ROLLWAY_VERSION:-dev}
    command:
      - sh
      - -c
      - |
        trap exit TERM
        beats=/beats/$$HOSTNAME-$$(date +%s%N)
        while :; do date +%s%N >> $$beats; $$STEP; sleep 0.1 & wait; done
    environment: {STEP: "${STEP:-true}"}
    user: "0"
    stop_grace_period: 5s
    volumes: ["beats:/beats"]

volumes:
  beats: {}

x-rollway:
"""
SETTINGS = """
  services:
    beat: {class: worker, singleton: true, hosts: "${BEAT_HOST}"}
"""
# A host may have no such volume; `cd` to an empty name would stay where it is.
IN_VOLUME = """
folder=$(docker volume inspect --format={{.Mountpoint}} iris_beats 2>/dev/null) || exit 0
test -d "$folder" || exit 0
"""
READ = IN_VOLUME + 'find "$folder" -type f -exec tail -n +1 -v {} +'
CLEAR = IN_VOLUME + 'find "$folder" -type f -delete'
STEPS = "pgrep -f '[r]ollway-host step' || true"
ENGINE = "docker info >/dev/null 2>&1 && echo up || true"
OURS = ("--filter=label=io.rollway.service=beat", "--format={{.Names}}")


def _add_beat(text: str) -> str:
    assert text.count("\nx-rollway:\n") == 1
    return text.replace("\nx-rollway:\n", SERVICE).rstrip("\n") + SETTINGS


@contextlib.contextmanager
def _with_beat(lab: Lab, host: str, **variables: str) -> Iterator[Lab]:
    """The lab as an environment whose demo has the singleton, on this host."""
    told = {"BEAT_HOST": host, **variables}
    with changed_demo(_add_beat) as apps, environment(lab, "beat", apps_dir=apps, **told) as env:
        yield env


@pytest.fixture(scope="module")
def fleet(lab: Lab) -> Iterator[Lab]:
    """The lab, where the demo without it serves before and after."""
    for version in (PLAIN, OLD, NEW):
        build(lab, version)
    yield lab
    deploy(lab, PLAIN)


@pytest.fixture
def plain(fleet: Lab) -> Lab:
    """The demo without it serves everywhere, and no trace of it is left."""
    deploy(fleet, PLAIN)
    for host in fleet.hosts:
        fleet.on(host, "sh", "-c", CLEAR)
    return fleet


def _beats(lab: Lab) -> dict[str, tuple[int, int]]:
    """Each start of a container → when it beat first and last, over all hosts; one clock."""
    found: dict[str, tuple[int, int]] = {}
    for host in lab.hosts:
        text = lab.on(host, "sh", "-c", READ)
        for part in text.split("==> ")[1:]:
            name, *lines = part.split()
            times = [int(line) for line in lines if line.isdigit()]
            if times:
                found[name] = (min(times), max(times))
    return found


def _never_two(lab: Lab, *, least: int) -> None:
    """No two beat at the same time, and there were at least so many starts."""
    spans = sorted(_beats(lab).values())
    assert len(spans) >= least, spans
    overlaps = [(one, two) for one, two in itertools.pairwise(spans) if two[0] <= one[1]]
    assert overlaps == []


def _running_on(lab: Lab) -> list[str]:
    return [host for host in lab.hosts if lab.on(host, "docker", "ps", *OURS).strip()]


def _recorded(lab: Lab) -> list[str]:
    (one,) = lab.status()["singletons"]
    assert one["service"] == "beat"
    return list(one["hosts"])


def _until(condition: Callable[[], bool], seconds: float = 120.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.1)


def test_one_over_releases_hosts_and_a_way_back(plain: Lab) -> None:
    first, second, _ = plain.hosts
    with traffic(plain.url, versions={PLAIN, OLD, NEW}) as report:
        with _with_beat(plain, second) as env:
            deploy(env, OLD)
            assert (_running_on(env), _recorded(env)) == ([second], [second])
        with _with_beat(plain, first) as env:
            deploy(env, NEW)
            assert (_running_on(env), _recorded(env)) == ([first], [first])
            ran = env.invoke("rollback")
            assert ran.returncode == exits.DONE, ran.stderr
            assert len(_running_on(env)) == 1
            assert env.invoke("drift").returncode == exits.DONE
            _never_two(env, least=3)
    assert report.lost == []


def test_one_over_releases_restarts_and_more_replicas(plain: Lab) -> None:
    second = plain.hosts[1]
    loaded = traffic(plain.url, versions={PLAIN, OLD, NEW})
    with loaded as report, _with_beat(plain, second) as env:
        deploy(env, OLD)
        deploy(env, NEW)
        assert (_running_on(env), _recorded(env)) == ([second], [second])
        ran = env.invoke("restart")
        assert ran.returncode == exits.DONE, ran.stderr
        ran = env.invoke("restart", "--service=beat")
        assert ran.returncode == exits.DONE, ran.stderr
        ran = env.invoke("scale", "--service=api", "--replicas=2")
        assert ran.returncode == exits.DONE, ran.stderr
        assert _running_on(env) == _recorded(env)
        assert len(_running_on(env)) == 1
        assert env.invoke("drift").returncode == exits.DONE
        _never_two(env, least=4)
    assert report.lost == []


def test_one_that_does_not_stay_up_returns_to_its_host(plain: Lab) -> None:
    first, second, _ = plain.hosts
    with _with_beat(plain, first) as env:
        deploy(env, OLD)
    with _with_beat(plain, second, STEP="exit 3") as env:
        with traffic(env.url, versions={OLD, NEW}) as report:
            deploy(env, NEW, code=exits.FAILED)
        assert report.lost == []
        assert versions(env) == [OLD] * 3
        assert (_running_on(env), _recorded(env)) == ([first], [first])
        _never_two(env, least=2)


def test_a_limit_leaves_it_where_it_is(plain: Lab) -> None:
    first, second, third = plain.hosts
    with _with_beat(plain, third) as env:
        deploy(env, OLD)
        planned = env.invoke("plan", f"--version={NEW}", f"--limit={first},{second}")
        assert f"singleton beat stays on {third}" in planned.stdout
        ran = env.invoke("deploy", f"--version={NEW}", f"--limit={first},{second}")
        assert ran.returncode == exits.DONE, ran.stderr
        assert (_running_on(env), _recorded(env)) == ([third], [third])
        deploy(env, NEW)
        _never_two(env, least=2)


def test_a_run_that_was_killed_and_a_reboot_leave_at_most_one(plain: Lab) -> None:
    first, second, _ = plain.hosts
    with _with_beat(plain, first) as env:
        deploy(env, OLD)
    with _with_beat(plain, second) as env:
        command = [str(ROOT / "invoke"), "deploy", f"--env={env.env}", f"--version={NEW}"]
        begun = subprocess.Popen(
            command, cwd=ROOT, stderr=subprocess.DEVNULL, start_new_session=True
        )
        _until(lambda: _running_on(env) != [first])
        kill_family(begun)
        _until(lambda: not env.on(second, "sh", "-c", STEPS).strip())
        assert len(_running_on(env)) <= 1
        deploy(env, NEW)
        assert _running_on(env) == [second]
        container = f"rollway-{env.of}-{second}"
        subprocess.run(["docker", "restart", container], check=True, stdout=subprocess.PIPE)
        _until(lambda: env.on(second, "sh", "-c", ENGINE).strip() == "up")
        _until(lambda: _running_on(env) == [second])
        _never_two(env, least=3)


def test_a_host_that_left_the_inventory_refuses_until_a_person_says_so(plain: Lab) -> None:
    first, _, third = plain.hosts
    with _with_beat(plain, third) as env:
        deploy(env, OLD)
    with _with_beat(plain, first) as env:
        hosts = env.inventory / "hosts.yml"
        whole = hosts.read_text()
        try:
            hosts.write_text(_without(whole, third))
            ran = env.invoke("deploy", f"--version={NEW}")
            assert ran.returncode == exits.REFUSED, ran.stderr
            assert f"{third} had it, and is not in the inventory" in ran.stderr
            env.on(third, "sh", "-c", f"docker stop $(docker ps --quiet {OURS[0]})")
            ran = env.invoke("deploy", f"--version={NEW}", f"--gone={third}", "--json")
            assert ran.returncode == exits.DONE, ran.stderr
            assert json.loads(ran.stdout)["release"].endswith(NEW)
            assert _running_on(env) == [first]
        finally:
            hosts.write_text(whole)
        deploy(env, NEW)
        assert (_running_on(env), _recorded(env)) == ([first], [first])
        _never_two(env, least=2)


def _without(inventory: str, host: str) -> str:
    """The inventory with a host out of the group `app`."""
    content = yaml.safe_load(inventory)
    del content["all"]["children"]["fleet"]["children"]["app"]["hosts"][host]
    return str(yaml.safe_dump(content))
