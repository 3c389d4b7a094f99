"""Run-once work on real hosts: once successful, whoever fails or is killed on the way."""

from __future__ import annotations

import contextlib
import json
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rollway import exits
from tests.integration.changed_demo import changed_demo
from tests.integration.fault_fleet import GOOD, build, deploy, environment, kill_family, versions
from tests.integration.lab_fleet import ROOT, Lab
from tests.load import traffic

pytestmark = pytest.mark.lab

PLAIN, NEW = GOOD[:2]
CONTAINER = "iris-jobs-migrate-1"
RUNS = 'cat "$(docker volume inspect --format={{.Mountpoint}} iris_journal)/runs" | wc -l'
# It notes each run in a volume of its host, takes a while, and ends as it is told.
SERVICE = """
  migrate:
    image: ${REGISTRY:-localhost:5000}/iris:${ROLLWAY_VERSION:-dev}
    command: [sh, -c, "echo ran >> /journal/runs; echo migrating; sleep $$TAKES; exit $$CODE"]
    environment: {TAKES: "${TAKES:-0}", CODE: "${CODE:-0}", MARK: "${MARK}"}
    user: "0"
    restart: "no"
    volumes: ["journal:/journal"]

volumes:
  journal: {}

x-rollway:
"""
SETTINGS = """
  services:
    migrate:
      class: job
      when: ${WHEN:-before_traffic}
      idempotent: ${IDEMPOTENT:-false}
      backward_compatible: ${COMPATIBLE:-true}
"""


@pytest.fixture(scope="module")
def fleet(lab: Lab) -> Iterator[Lab]:
    """The lab, where the demo without a job serves before and after."""
    for version in (PLAIN, NEW):
        build(lab, version)
    yield lab
    deploy(lab, PLAIN)


@pytest.fixture
def plain(fleet: Lab) -> Lab:
    """The demo without a job serves everywhere."""
    deploy(fleet, PLAIN)
    return fleet


@contextlib.contextmanager
def with_job(lab: Lab, **variables: str) -> Iterator[Lab]:
    """The lab as an environment whose demo has a job; each time another release."""
    marked = {"MARK": str(time.time_ns()), **variables}
    with changed_demo(_add_job) as apps, environment(lab, "jobs", apps_dir=apps, **marked) as env:
        yield env


def _add_job(text: str) -> str:
    assert text.count("\nx-rollway:\n") == 1
    return text.replace("\nx-rollway:\n", SERVICE).rstrip("\n") + SETTINGS


def _runs(lab: Lab) -> int:
    """How often the job began, on all hosts together."""
    return sum(int(lab.on(host, "sh", "-c", f"{RUNS} 2>/dev/null")) for host in lab.hosts)


def _begin(lab: Lab) -> subprocess.Popen[bytes]:
    """Begin a deploy, and return when its job runs."""
    before = _runs(lab)
    command = [str(ROOT / "invoke"), "deploy", f"--env={lab.env}", f"--version={NEW}"]
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL, start_new_session=True)
    named = ["docker", "ps", "--quiet", f"--filter=name={CONTAINER}"]
    _until(lambda: _runs(lab) > before and lab.on(lab.hosts[0], *named).strip() != "")
    return process


def _until(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


def _lose_the_job(lab: Lab) -> None:
    """Kill the controller while the job runs, and take its container away."""
    kill_family(_begin(lab))
    lab.on(lab.hosts[0], "docker", "rm", "--force", CONTAINER)


def test_a_job_runs_once_over_two_deploys(plain: Lab) -> None:
    with with_job(plain) as env:
        before = _runs(env)
        with traffic(env.url, versions={PLAIN, NEW}) as report:
            result = deploy(env, NEW)
        assert report.lost == []
        assert (_runs(env), versions(env)) == (before + 1, [NEW] * 3)
        job = result["jobs"][0]
        assert (job["job"], job["host"], job["done"]["exit_code"]) == ("migrate", env.hosts[0], 0)
        deploy(env, PLAIN)
        deploy(env, NEW)  # other runs of the same two releases
        assert _runs(env) == before + 2  # the job of each of both releases
        _check_known_everywhere(env, result["release"])
        planned = env.invoke("plan", f"--version={NEW}")
        assert "job migrate: done already" in planned.stdout


def _check_known_everywhere(lab: Lab, release: str) -> None:
    """Every host, and the edge, has what is on record; no container of the job is left."""
    places = [(host, "rollway") for host in lab.hosts] + [("edge-1", "rollway-edge")]
    for host, folder in places:
        found = json.loads(lab.on(host, "cat", str(Path("/var/lib", folder, "iris/jobs.json"))))
        assert found["releases"][release]["migrate"]["exit_code"] == 0
    for host in lab.hosts:
        assert lab.on(host, "docker", "ps", "--all", "--quiet", f"--filter=name={CONTAINER}") == ""


def test_a_job_that_fails_leaves_the_whole_fleet_as_it_was(plain: Lab) -> None:
    with with_job(plain, CODE="3") as env:
        before = _runs(env)
        with traffic(env.url, versions=[PLAIN]) as report:
            result = deploy(env, NEW, code=exits.FAILED)
        assert report.lost == []
        assert _runs(env) == before + 1
        assert versions(env) == [PLAIN] * 3
        assert f"{env.hosts[0]}: job migrate: exit code 3" in result["said"]
        assert "migrating" in result["said"]
        assert env.status()["locks"] == []


@pytest.mark.long
def test_a_late_job_that_fails_takes_all_traffic_back(plain: Lab) -> None:
    with with_job(plain, CODE="3", WHEN="after_traffic") as env:
        with traffic(env.url, versions={PLAIN, NEW}) as report:
            deploy(env, NEW, code=exits.FAILED)
        assert report.lost == []
        assert versions(env) == [PLAIN] * 3


@pytest.mark.long
def test_the_same_deploy_waits_for_the_job_of_a_run_that_was_killed(plain: Lab) -> None:
    with with_job(plain, TAKES="10") as env:
        before = _runs(env)
        with traffic(env.url, versions={PLAIN, NEW}) as report:
            kill_family(_begin(env))
            deploy(env, NEW)
        assert report.lost == []
        assert (_runs(env), versions(env)) == (before + 1, [NEW] * 3)
        assert env.status()["locks"] == []


@pytest.mark.long
def test_a_job_whose_end_nobody_knows_is_held_until_promote(plain: Lab) -> None:
    with with_job(plain, TAKES="30") as env:
        before = _runs(env)
        _lose_the_job(env)
        result = deploy(env, NEW, code=exits.HELD)
        assert "nobody knows how it ended" in result["said"]
        assert versions(env) == [PLAIN] * 3
        assert env.invoke("deploy", f"--version={NEW}").returncode == exits.LOCKED
        ran = env.invoke("promote")
        assert ran.returncode == exits.DONE, ran.stderr
        assert (_runs(env), versions(env)) == (before + 1, [NEW] * 3)
        assert env.status()["locks"] == []


@pytest.mark.long
def test_an_abort_past_such_a_job_needs_a_yes(plain: Lab) -> None:
    with with_job(plain, TAKES="30", COMPATIBLE="false") as env:
        _lose_the_job(env)
        deploy(env, NEW, code=exits.HELD)
        asked = env.invoke("abort")
        assert asked.returncode == exits.USAGE
        assert "job migrate of" in asked.stderr
        assert "is not undone" in asked.stderr
        ran = env.invoke("abort", "--yes")
        assert ran.returncode == exits.DONE, ran.stderr
        assert versions(env) == [PLAIN] * 3
        assert env.status()["locks"] == []


@pytest.mark.long
def test_an_idempotent_job_runs_again(plain: Lab) -> None:
    with with_job(plain, TAKES="5", IDEMPOTENT="true") as env:
        before = _runs(env)
        _lose_the_job(env)
        deploy(env, NEW)
        assert (_runs(env), versions(env)) == (before + 2, [NEW] * 3)


@pytest.mark.long
def test_a_rollback_past_a_job_needs_a_yes(plain: Lab) -> None:
    with with_job(plain, COMPATIBLE="false") as env:
        deploy(env, NEW)
        asked = env.invoke("rollback")
        assert asked.returncode == exits.USAGE
        assert "job migrate of" in asked.stderr
        assert versions(env) == [NEW] * 3
        ran = env.invoke("rollback", "--yes")
        assert ran.returncode == exits.DONE, ran.stderr
        assert versions(env) == [PLAIN] * 3
