"""A restart under load: new containers of the same release, no request lost."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rollway import exits
from tests.integration.changed_demo import changed_demo
from tests.integration.fault_fleet import GOOD, deploy, environment, serve, versions
from tests.integration.lab_fleet import Lab
from tests.integration.test_hold import WORKER
from tests.load import traffic

pytestmark = pytest.mark.lab

VERSION = GOOD[0]


@pytest.fixture(scope="module")
def released(lab: Lab) -> Lab:
    """The lab with a release that serves."""
    return serve(lab, VERSION)


def _containers(lab: Lab) -> dict[str, set[str]]:
    """The containers of the slot that serves, by host."""
    return {
        host["host"]: set(
            lab.on(
                host["host"],
                *("docker", "ps", "--quiet", "--filter=label=io.rollway.app=iris"),
                f"--filter=label=io.rollway.slot={host['slot']}",
            ).split()
        )
        for host in lab.status()["hosts"]
    }


def test_every_container_is_new_and_no_request_is_lost(released: Lab) -> None:
    before = _containers(released)
    with traffic(released.url, versions={VERSION}) as report:
        ran = released.invoke("restart")
    assert ran.returncode == exits.DONE, ran.stderr
    assert report.lost == [], report.sentence()
    assert "was started anew on 3 hosts" in ran.stderr
    after = _containers(released)
    assert all(after[host] and not after[host] & before[host] for host in released.hosts)
    assert versions(released) == [VERSION] * 3
    assert deploy(released, VERSION)["waves"] == []


@pytest.mark.long
def test_a_limit_leaves_the_others_alone(released: Lab) -> None:
    before = _containers(released)
    first, *others = released.hosts
    ran = released.invoke("restart", f"--limit={first}")
    assert ran.returncode == exits.DONE, ran.stderr
    after = _containers(released)
    assert not after[first] & before[first]
    assert all(after[host] == before[host] for host in others)


def test_a_web_service_alone_is_refused(released: Lab) -> None:
    ran = released.invoke("restart", "--service=api")
    assert ran.returncode == exits.REFUSED
    assert "api is web: it starts anew with its slot, which loses no request" in ran.stderr


@pytest.fixture(scope="module")
def working(released: Lab) -> Iterator[Lab]:
    """The same hosts, and the application has a worker on each."""
    with changed_demo(_add_worker) as apps, environment(released, "again", apps_dir=apps) as env:
        deploy(env, VERSION)
        yield env
    deploy(released, VERSION)  # without it: what comes next knows none


def _add_worker(text: str) -> str:
    assert text.count("\nx-rollway:\n") == 1
    return text.replace("\nx-rollway:\n", WORKER)


@pytest.mark.long
def test_workers_alone_start_again(working: Lab) -> None:
    before = _started(working)
    ran = working.invoke("restart", "--service=worker")
    assert ran.returncode == exits.DONE, ran.stderr
    after = _started(working)
    assert before.keys() == after.keys()
    assert all(after[host] > before[host] for host in before)


def _started(lab: Lab) -> dict[str, str]:
    """When the one worker of each host began."""
    ours = "--filter=label=io.rollway.class=worker"
    found: dict[str, str] = {}
    for host in lab.hosts:
        (name,) = lab.on(host, "docker", "ps", "--quiet", ours).split()
        found[host] = lab.on(host, "docker", "inspect", "--format={{.State.StartedAt}}", name)
    return found
