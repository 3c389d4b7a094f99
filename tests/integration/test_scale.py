"""Another number of replicas under load: as many containers and servers as asked, nothing lost."""

from __future__ import annotations

import json
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
OPTIONS = ("--service=api", "--replicas=2")


@pytest.fixture(scope="module")
def released(lab: Lab) -> Lab:
    """The lab with a release that serves, one container of it on each host."""
    return serve(lab, VERSION)


@pytest.fixture
def single(released: Lab) -> Lab:
    """The same with the number of the Compose file, whatever a test before this one left."""
    deploy(released, VERSION)
    assert _servers(released) == dict.fromkeys(released.hosts, 1)
    return released


@pytest.fixture
def double(single: Lab) -> Lab:
    """The same with two containers on each host."""
    ran = single.invoke("scale", *OPTIONS)
    assert ran.returncode == exits.DONE, ran.stderr
    return single


def _containers(lab: Lab, service: str = "api") -> dict[str, set[str]]:
    """The containers of a service that run in the slot that serves, by host."""
    return {
        host["host"]: set(
            lab.on(
                host["host"],
                *("docker", "ps", "--quiet", "--filter=label=io.rollway.app=iris"),
                f"--filter=label=io.rollway.service={service}",
                f"--filter=label=io.rollway.slot={host['slot']}",
            ).split()
        )
        for host in lab.status()["hosts"]
    }


def _counted(lab: Lab, service: str = "api") -> dict[str, int]:
    return {host: len(found) for host, found in _containers(lab, service).items()}


def _servers(lab: Lab) -> dict[str, int]:
    """How many servers of each host the edge sends requests to."""
    (edge,) = lab.status()["edges"]
    up = [one["host"] for one in edge["servers"] if one["state"] == "up"]
    return {host: up.count(host) for host in lab.hosts}


def test_more_containers_serve_and_no_request_is_lost(single: Lab) -> None:
    before = single.status()["release"]
    with traffic(single.url, versions={VERSION}) as report:
        ran = single.invoke("scale", *OPTIONS)
    assert ran.returncode == exits.DONE, ran.stderr
    assert report.lost == [], report.sentence()
    assert "api: 1 → 2 replicas; " in ran.stderr
    assert _counted(single) == dict.fromkeys(single.hosts, 2)
    assert _servers(single) == dict.fromkeys(single.hosts, 2)
    assert versions(single) == [VERSION] * 3
    after = single.status()["release"]
    assert after != before
    (newest, *_) = json.loads(single.invoke("history", "--json").stdout)
    assert (newest["verb"], newest["release"], newest["outcome"]) == ("scale", after, "good")


@pytest.mark.long
def test_a_rollback_gives_the_number_before(double: Lab) -> None:
    with traffic(double.url, versions={VERSION}) as report:
        ran = double.invoke("rollback")
    assert ran.returncode == exits.DONE, ran.stderr
    assert report.lost == [], report.sentence()
    assert _counted(double) == dict.fromkeys(double.hosts, 1)
    assert _servers(double) == dict.fromkeys(double.hosts, 1)


@pytest.mark.long
def test_fewer_containers_serve_and_no_request_is_lost(double: Lab) -> None:
    with traffic(double.url, versions={VERSION}) as report:
        ran = double.invoke("scale", "--service=api", "--replicas=1")
    assert ran.returncode == exits.DONE, ran.stderr
    assert report.lost == [], report.sentence()
    assert _servers(double) == dict.fromkeys(double.hosts, 1)


@pytest.mark.long
def test_the_number_that_serves_changes_nothing(double: Lab) -> None:
    before = _containers(double), double.status()["release"]
    ran = double.invoke("scale", *OPTIONS)
    assert ran.returncode == exits.DONE, ran.stderr
    assert "api: 2 replicas already" in ran.stderr
    assert (_containers(double), double.status()["release"]) == before


@pytest.mark.long
def test_check_says_the_number_and_changes_nothing(single: Lab) -> None:
    before = _containers(single), single.status()["release"]
    ran = single.invoke("scale", *OPTIONS, "--check")
    assert ran.returncode == exits.DONE, ran.stderr
    assert "api: 1 → 2 replicas" in ran.stdout
    assert (_containers(single), single.status()["release"]) == before


@pytest.mark.long
def test_a_deploy_takes_the_number_of_the_file_and_its_plan_says_so(double: Lab) -> None:
    planned = double.invoke("plan", f"--version={VERSION}")
    assert planned.returncode == exits.DONE, planned.stderr
    assert "api: 2 → 1 replica: scale had set 2, the Compose file has 1" in planned.stdout
    deploy(double, VERSION)
    assert _servers(double) == dict.fromkeys(double.hosts, 1)


@pytest.mark.long
def test_hosts_that_were_scaled_alone_are_joined_by_the_others(single: Lab) -> None:
    first, *others = single.hosts
    assert single.invoke("scale", *OPTIONS, f"--limit={first}").returncode == exits.DONE
    assert _servers(single) == {first: 2, **dict.fromkeys(others, 1)}
    before = _containers(single)[first]
    assert single.invoke("scale", *OPTIONS).returncode == exits.DONE
    assert _servers(single) == dict.fromkeys(single.hosts, 2)
    assert _containers(single)[first] == before


@pytest.mark.long
def test_nothing_drifts_after_it(double: Lab) -> None:
    ran = double.invoke("drift")
    assert ran.returncode == exits.DONE, ran.stdout + ran.stderr


@pytest.mark.long
def test_ansible_playbook_alone_does_it(single: Lab) -> None:
    ran = single.playbook("scale", "-e", "rollway_service=api", "-e", "rollway_replicas=2")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert _servers(single) == dict.fromkeys(single.hosts, 2)


def test_a_service_that_is_not_there_is_wrong_use(released: Lab) -> None:
    ran = released.invoke("scale", "--service=web", "--replicas=2")
    assert ran.returncode == exits.USAGE
    assert "accepted: api" in ran.stderr
    assert released.status()["locks"] == []


@pytest.fixture(scope="module")
def working(released: Lab) -> Iterator[Lab]:
    """The same hosts, and the application has a worker on each."""
    with changed_demo(_add_worker) as apps, environment(released, "more", apps_dir=apps) as env:
        deploy(env, VERSION)
        yield env
    deploy(released, VERSION)  # without it: what comes next knows none


def _add_worker(text: str) -> str:
    assert text.count("\nx-rollway:\n") == 1
    return text.replace("\nx-rollway:\n", WORKER)


@pytest.mark.long
def test_workers_are_scaled_with_their_slot(working: Lab) -> None:
    with traffic(working.url, versions={VERSION}) as report:
        ran = working.invoke("scale", "--service=worker", "--replicas=3")
    assert ran.returncode == exits.DONE, ran.stderr
    assert report.lost == [], report.sentence()
    assert _counted(working, "worker") == dict.fromkeys(working.hosts, 3)
    assert _counted(working, "api") == dict.fromkeys(working.hosts, 1)
