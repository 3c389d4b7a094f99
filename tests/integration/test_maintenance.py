"""A page of maintenance at the lab's edge: shown, kept over a deploy and a restart, taken away."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from rollway import exits
from tests.integration.fault_fleet import build, deploy, versions
from tests.integration.lab_fleet import Lab

pytestmark = pytest.mark.long

FIRST, SECOND = "page-1", "page-2"


@pytest.fixture
def maintained(lab: Lab) -> Iterator[Lab]:
    """The lab with a release that serves, behind a page of maintenance."""
    for version in (FIRST, SECOND):
        build(lab, version)
    deploy(lab, FIRST)
    ran = lab.invoke("maintenance", "on", "--reason=moving the database")
    assert ran.returncode == exits.DONE, ran.stderr
    yield lab
    assert lab.invoke("maintenance", "off").returncode == exits.DONE


def _ask(lab: Lab) -> tuple[int, dict[str, str], dict[str, Any]]:
    asked = urllib.request.Request(
        f"{lab.url}/v2/models/iris", headers={"Accept": "application/json"}
    )
    try:
        with urllib.request.urlopen(asked, timeout=10) as answer:
            return answer.status, dict(answer.headers), json.loads(answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return error.code, dict(error.headers), json.loads(error.read())


def _is_shown(lab: Lab) -> bool:
    status, headers, body = _ask(lab)
    told = {name.lower(): value for name, value in headers.items()}
    page = {"error": "maintenance", "retry_after": 120}
    return (status, told.get("retry-after"), body) == (503, "120", page)


def test_a_page_outlives_a_deploy_and_a_restart_of_the_edge(maintained: Lab) -> None:
    assert _is_shown(maintained)
    again = maintained.invoke("maintenance", "on", "--json")
    assert [one["changed"] for one in json.loads(again.stdout)["edges"]] == [False]
    page = maintained.status()["edges"][0]["maintenance"]
    assert (page["retry_seconds"], page["reason"]) == (120, "moving the database")
    said = deploy(maintained, SECOND)["said"]
    assert "edge-1: maintenance is on since" in said
    assert versions(maintained) == [SECOND] * 3
    assert _is_shown(maintained)
    maintained.on("edge-1", "systemctl", "restart", "haproxy")
    assert _is_shown(maintained)
    ran = maintained.invoke("maintenance", "off")
    assert ran.returncode == exits.DONE, ran.stderr
    assert _ask(maintained)[0] == 200
    assert maintained.status()["edges"][0]["maintenance"] is None


def test_it_is_shown_under_a_freeze_and_by_ansible_alone(maintained: Lab) -> None:
    assert maintained.invoke("lock.acquire", "--reason=nobody deploys").returncode == exits.DONE
    freeze = maintained.status()["frozen"]["id"]
    try:
        ran = maintained.playbook("maintenance", "--extra-vars=rollway_maintenance=off")
        assert ran.returncode == 0, ran.stdout
        assert _ask(maintained)[0] == 200
        ran = maintained.playbook("maintenance", "--extra-vars=rollway_maintenance=on")
        assert ran.returncode == 0, ran.stdout
        assert _is_shown(maintained)
    finally:
        assert maintained.invoke("lock.release", f"--run={freeze}").returncode == exits.DONE
    entries = json.loads(maintained.invoke("audit", "--json").stdout)
    told = [one["outcome"] for one in entries if one["verb"] == "maintenance"]
    assert told[:3] == ["on", "off", "on"]
