"""What the tests of bad releases and lost hosts share: an environment, builds, a run's record."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rollway import exits
from tests.integration.lab_fleet import ROOT, Lab, invoke

GOOD = ("v-1", "v-2", "v-3")
"""Versions that differ in their name alone: with three, one always stands in no slot."""

Status = dict[str, Any]


@contextlib.contextmanager
def environment(lab: Lab, name: str, *, apps_dir: str = "", **variables: str) -> Iterator[Lab]:
    """The lab under another name, whose inventory sets these `rollway_variables`.

    Applications come from `apps_dir` where it is given.
    """
    env = f"{lab.env}-{name}"
    folder = ROOT / "inventories" / env
    (folder / "group_vars").mkdir(parents=True)
    try:
        shutil.copy(lab.inventory / "hosts.yml", folder)
        place = {"rollway_apps_dir": apps_dir} if apps_dir else {}
        settings = json.dumps({"rollway_variables": variables, **place})
        (folder / "group_vars" / "all.yml").write_text(settings)
        yield Lab(env, lab.url, lab.hosts, lab.of or lab.env)
    finally:
        shutil.rmtree(folder)


def build(lab: Lab, version: str, **faults: str) -> None:
    """Build and push a version, once in a session; `faults` are build arguments."""
    _build(lab.of or lab.env, version, tuple(faults.items()))


@functools.cache
def _build(env: str, version: str, faults: tuple[tuple[str, str], ...]) -> None:
    options = [f"--build-arg={name}={value}" for name, value in faults]
    ran = invoke("build", f"--env={env}", f"--version={version}", *options)
    assert ran.returncode == exits.DONE, ran.stderr


def serve(lab: Lab, version: str = GOOD[0]) -> Lab:
    """The lab, when the whole fleet serves the version and nobody has a lock or left a run.

    The demo of another environment, or with more replicas, is another release of that version.
    """
    build(lab, version)
    status, known = lab.status(), _releases(lab.env)
    if not is_whole(status, version) or status["release"] != known.get(version):
        known[version] = deploy(lab, version)["release"]
    return lab


@functools.cache
def _releases(env: str) -> dict[str, str]:
    """Version → its release, as this session has deployed it to an environment."""
    del env
    return {}


def is_whole(status: Status, version: str) -> bool:
    """Whether every host serves the version, healthy and in rotation, and no run is left."""
    left = [status[name] for name in ("locks", "held", "frozen", "interrupted_run")]
    versions = {one["version"] for one in status["hosts"]}
    return is_up(status) and not any(left) and versions == {version}


def is_up(status: Status) -> bool:
    """Whether every host is healthy and in rotation."""
    return all(host["healthy"] and host["in_rotation"] for host in status["hosts"])


def deploy(lab: Lab, version: str, *, code: int = exits.DONE) -> dict[str, Any]:
    """Deploy and return the run's result; the exit code has to be this one."""
    ran = lab.invoke("deploy", f"--version={version}", "--json")
    assert ran.returncode == code, ran.stderr
    return {**json.loads(ran.stdout), "said": ran.stderr}


def deploy_past_first_wave(lab: Lab, version: str) -> tuple[subprocess.Popen[str], str]:
    """Begin a deploy, and return when its first wave has moved: its process, and the run."""
    known = set(_runs(lab.env))
    words = ["deploy", f"--env={lab.env}", f"--version={version}", "--json"]
    process = subprocess.Popen(
        [str(ROOT / "invoke"), *words],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    return process, _until_first_wave(process, lab.env, known)


def _until_first_wave(process: subprocess.Popen[str], env: str, known: set[str]) -> str:
    """Wait until the journal of a new run says that wave 1 has moved; the run's name."""
    end = time.monotonic() + 120
    while time.monotonic() < end and process.poll() is None:
        for run in _runs(env):
            if run not in known and _has_shifted(run):
                return run
        time.sleep(0.02)
    raise AssertionError("the first wave never moved")


def _runs(env: str) -> list[str]:
    """Others may run on this machine: only the runs of this environment."""
    folders = (ROOT / ".rollway" / "runs").glob("*/request.json")
    return [path.parent.name for path in folders if f'"{env}"' in path.read_text()]


def _has_shifted(run: str) -> bool:
    return any(event["step"] == "shift" and event["wave"] == 0 for event in events(run))


def events(run: str) -> list[dict[str, Any]]:
    """The journal of a run so far, whole lines only."""
    path = ROOT / ".rollway" / "runs" / run / "events.jsonl"
    text = path.read_text() if path.exists() else ""
    return [json.loads(line) for line in text[: text.rfind("\n") + 1].splitlines()]


def kill_family(process: subprocess.Popen[Any]) -> None:
    """End a command and the Ansible below it, which has a session of its own, without mercy."""
    for number in [process.pid, *_descendants(process.pid)]:
        with contextlib.suppress(ProcessLookupError):
            os.kill(number, signal.SIGKILL)
    process.wait()


def _descendants(parent: int) -> list[int]:
    children = Path(f"/proc/{parent}/task/{parent}/children")
    numbers = [int(word) for word in children.read_text().split()] if children.exists() else []
    return [*numbers, *(one for number in numbers for one in _descendants(number))]


def versions(lab: Lab) -> list[str]:
    """What serves on each app host."""
    return [host["version"] for host in lab.status()["hosts"]]


@contextlib.contextmanager
def frozen(lab: Lab, host: str) -> Iterator[None]:
    """A host of the lab that no longer runs, while its kernel still takes connections.

    With version 1 of cgroups the containers on it stand beside the host in the tree, not below:
    pausing the host alone would leave its application serving.
    """
    container = f"rollway-{lab.env}-{host}"
    inner = _docker("exec", container, "docker", "ps", "--quiet").split()
    try:
        _docker("exec", container, "docker", "pause", *inner)
        _docker("pause", container)
        yield
    finally:
        _thaw(container, inner)


def _thaw(container: str, inner: list[str]) -> None:
    """Whatever was frozen runs again; what was not is no trouble."""
    for words in (["unpause", container], ["exec", container, "docker", "unpause", *inner]):
        subprocess.run(["docker", *words], check=False, capture_output=True)


def _docker(*words: str) -> str:
    return subprocess.run(["docker", *words], check=True, stdout=subprocess.PIPE, text=True).stdout
