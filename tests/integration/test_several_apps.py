"""Two applications on the same hosts and edge: neither notices what becomes of the other."""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from rollway import exits
from tests.integration.changed_demo import commit
from tests.integration.fault_fleet import GOOD, build, deploy, environment
from tests.integration.lab_fleet import ROOT, Lab
from tests.load.options import SHORT_STREAM_SECONDS, Options
from tests.load.process import Load
from tests.load.report import Report

pytestmark = pytest.mark.lab

(PLAIN, FIRST, SECOND), BAD = GOOD, "v-crashes"
NAMES = {"iris": "iris.example", "small": "small.example"}
RATE = 60.0
LOCK = "/var/lib/rollway/{app}/lock.json"


@pytest.fixture(scope="module")
def built(lab: Lab) -> Iterator[Lab]:
    """The lab with all versions built; afterwards the demo alone serves, for any name."""
    for version in (PLAIN, FIRST, SECOND):
        build(lab, version)
    build(lab, BAD, FAULT="crash_loop")
    yield lab
    deploy(lab, PLAIN)


@pytest.fixture(scope="module")
def both(built: Lab) -> Iterator[Lab]:
    """Both applications serve their first version, each at a name of its own."""
    with _apps(NAMES) as folder, environment(built, "several", apps_dir=folder) as env:
        for app in NAMES:
            _run(env, "deploy", app, version=FIRST)
        yield env
        _run(env, "remove", "small", yes="true", volumes="true")


@contextlib.contextmanager
def _apps(names: dict[str, str]) -> Iterator[str]:
    """A folder with the demo under each of these names, behind its own host name."""
    content = yaml.safe_load((ROOT / "apps/iris/compose.yml").read_text())
    with tempfile.TemporaryDirectory() as folder:
        for app, name in names.items():
            settings = content["x-rollway"]
            http = {**settings["http"], "hosts": [name]}
            whole = {**content, "x-rollway": {**settings, "http": http}}
            (Path(folder) / app).mkdir()
            (Path(folder) / app / "compose.yml").write_text(yaml.safe_dump(whole))
        commit(folder)
        yield folder


def _try(lab: Lab, verb: str, app: str, **told: str) -> subprocess.CompletedProcess[str]:
    """By Ansible alone: the command line only knows applications of the repository."""
    named = {"app": app, **told}
    return lab.playbook(verb, *(f"--extra-vars=rollway_{key}={one}" for key, one in named.items()))


def _run(lab: Lab, verb: str, app: str, **told: str) -> str:
    ran = _try(lab, verb, app, **told)
    assert ran.returncode == 0, ran.stdout
    return ran.stdout


@contextlib.contextmanager
def _loads(lab: Lab, versions: dict[str, set[str]]) -> Iterator[dict[str, Report]]:
    """Load of every application at its own name; the reports are filled at the end."""
    reports = {app: Report() for app in versions}
    plain = Options(url=lab.url, rate=RATE, stream_seconds=SHORT_STREAM_SECONDS)
    loads = {
        app: Load.start(replace(plain, host=NAMES[app], versions=tuple(sorted(known))))
        for app, known in versions.items()
    }
    try:
        yield reports
    finally:
        for app, load in loads.items():
            vars(reports[app]).update(vars(load.stop()))
            print(f"{app}: {reports[app].sentence()}")


def _unharmed(reports: dict[str, Report]) -> None:
    for app, report in reports.items():
        assert (report.lost, report.cut_streams) == ([], []), app
        assert report.answered > 0, app


def _drift(lab: Lab, app: str) -> list[Any]:
    """What drift finds of an application."""
    run = f"several-{app}-{time.monotonic_ns()}"
    _run(lab, "drift", app, run_id=run)
    found = json.loads((ROOT / ".rollway/runs" / run / "drift.json").read_text())
    assert found["lost"] == []
    return list(found["findings"])


def _answer(lab: Lab, app: str) -> tuple[int, str]:
    """The code at an application's name, and the version that answers."""
    asked = urllib.request.Request(f"{lab.url}/v2/models/iris", headers={"Host": NAMES[app]})
    try:
        with urllib.request.urlopen(asked, timeout=10) as answer:
            return answer.status, str(json.load(answer)["version"])
    except urllib.error.HTTPError as error:
        with error:
            return error.code, ""


def _state(lab: Lab, host: str, app: str) -> dict[str, Any]:
    return dict(json.loads(lab.on(host, "cat", f"/var/lib/rollway/{app}/state.json")))


def _runs(lab: Lab, app: str) -> list[str]:
    """The runs that the first host has on record for an application."""
    return sorted(lab.on(lab.hosts[0], "ls", f"/var/lib/rollway/{app}/runs").split())


def _containers(lab: Lab, app: str) -> dict[str, list[str]]:
    ours = ("docker", "ps", "--quiet", "--no-trunc", f"--filter=label=io.rollway.app={app}")
    return {host: sorted(lab.on(host, *ours).split()) for host in lab.hosts}


def _unlocked(lab: Lab) -> None:
    for host in lab.hosts:
        for app in NAMES:
            path = LOCK.format(app=app)
            assert lab.on(host, "sh", "-c", f"test -e {path} && echo held || true") == ""


def test_both_are_released_at_once_and_one_that_fails_goes_back_alone(both: Lab) -> None:
    known = {app: _runs(both, app) for app in NAMES}
    versions = {"iris": {FIRST, SECOND}, "small": {FIRST}}
    with _loads(both, versions) as reports, ThreadPoolExecutor(2) as pool:
        good = pool.submit(_try, both, "deploy", "iris", version=SECOND)
        bad = pool.submit(_try, both, "deploy", "small", version=BAD)
        assert good.result().returncode == 0, good.result().stdout
        assert bad.result().returncode != 0
        assert re.search(r"restarted \d+ times|ended with exit code", bad.result().stdout)
    _unharmed(reports)
    assert _answer(both, "iris") == (200, SECOND)
    assert _answer(both, "small") == (200, FIRST)
    for app in NAMES:
        (new,) = set(_runs(both, app)) - set(known[app])
        record = both.on(both.hosts[0], "cat", f"/var/lib/rollway/{app}/runs/{new}")
        outcome = "good" if app == "iris" else "bad"
        assert (json.loads(record)["outcome"], json.loads(record)["app"]) == (outcome, app)
    _unlocked(both)


@pytest.mark.long
def test_both_go_on_at_once_under_load(both: Lab) -> None:
    versions = {app: {FIRST, SECOND} for app in NAMES}
    with _loads(both, versions) as reports, ThreadPoolExecutor(2) as pool:
        for version in (FIRST, SECOND):
            ran = [pool.submit(_run, both, "deploy", app, version=version) for app in NAMES]
            assert [one.result() != "" for one in ran] == [True, True]
        anew = [pool.submit(_run, both, "restart", app) for app in NAMES]
        assert all(one.result() for one in anew)
    _unharmed(reports)
    assert {_answer(both, app) for app in NAMES} == {(200, SECOND)}


@pytest.mark.long
def test_each_has_its_own_ports_drift_and_prune(both: Lab) -> None:
    host = both.hosts[0]
    table = json.loads(both.on(host, "cat", "/var/lib/rollway/ports.json"))["apps"]
    ports = [
        number
        for app in NAMES
        for slots in table[app].values()
        for numbers in slots.values()
        for number in numbers
    ]
    assert len(ports) == len(set(ports))
    assert {app: _drift(both, app) for app in NAMES} == {"iris": [], "small": []}
    before = _containers(both, "small"), _state(both, host, "small")["releases"]
    _run(both, "prune", "iris", keep="1")
    assert (_containers(both, "small"), _state(both, host, "small")["releases"]) == before
    assert list(_state(both, host, "iris")["releases"])  # what serves stays
    for app in NAMES:  # the image that both name is still there for either
        _run(both, "restart", app)


def test_a_route_or_a_name_that_another_one_has_is_refused_before_any_change(both: Lab) -> None:
    names = {"other": NAMES["iris"], "iris_x": "x.example"}
    with _apps(names) as folder:
        told = {"apps_dir": folder, "version": FIRST}
        route = _try(both, "deploy", "other", **told)
        name = _try(both, "deploy", "iris_x", **told)
    assert route.returncode == name.returncode == 2
    assert f"{NAMES['iris']}/ is routed to iris" in route.stdout
    assert "its name is too like" in name.stdout  # the name itself in YAML's quotes
    for host in both.hosts:
        assert "iris_x" not in both.on(host, "ls", "/var/lib/rollway").split()
    assert "other.cfg" not in both.on("edge-1", "ls", "/etc/haproxy/rollway.d").split()
    _run(both, "remove", "other", yes="true")  # its ports were reserved before the edge refused


def test_another_environment_of_the_same_hosts_is_refused_by_name(both: Lab) -> None:
    settings = both.inventory / "group_vars" / "all.yml"
    whole = settings.read_text()
    try:
        settings.write_text(json.dumps({**json.loads(whole), "rollway_known_as": "production"}))
        ran = both.invoke("deploy", f"--version={FIRST}")
        assert ran.returncode == exits.REFUSED, ran.stderr
        assert f"belongs to the environment {both.of}" in ran.stderr
    finally:
        settings.write_text(whole)
    assert _answer(both, "iris")[0] == 200
    _unlocked(both)


@pytest.mark.long
def test_the_removal_of_one_leaves_the_other_untouched_under_load(both: Lab) -> None:
    before = _containers(both, "iris"), _runs(both, "iris")
    with _loads(both, {"iris": {SECOND}}) as reports:
        _run(both, "remove", "small", yes="true", volumes="true")
    _unharmed(reports)
    assert (_containers(both, "iris"), _runs(both, "iris")) == before
    assert _answer(both, "iris") == (200, SECOND)
    assert _answer(both, "small")[0] == 503
    assert _containers(both, "small") == {host: [] for host in both.hosts}
    assert _drift(both, "iris") == []
    _run(both, "restart", "iris")
