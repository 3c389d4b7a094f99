"""Calls of the package on a lab's hosts, as a run makes them, past SSH and Ansible."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import yaml

from rollway.records.identity import describe_run, live_processes, new_run_id
from rollway.remote import installed
from rollway.report.status import fleet_status
from rollway.rollout.calls import acquire_calls
from rollway.rollout.journal import Event
from rollway.rollout.request import Request

APP, STATUS, ACQUIRE = "iris", "status", "acquire"
# How `docker exec` ends, seldom, when the runtime lost its own child: the command never began
EXEC_LOST = re.compile(r"OCI runtime exec failed.*read init-p:")
AWAY = re.compile(r"[Cc]ontainer \S+ is (not running|paused|restarting)")


class HostAwayError(AssertionError):
    """A host whose container does not run, or stands still."""


def execute(container: str, *command: str, text: str = "") -> subprocess.CompletedProcess[str]:
    """Run a command as root in a host's container, past SSH; `text` is its input."""
    words = ["docker", "exec", "--interactive", container, *command]
    ran = subprocess.run(words, input=text, check=False, capture_output=True, text=True)
    if EXEC_LOST.search(ran.stderr):
        ran = subprocess.run(words, input=text, check=False, capture_output=True, text=True)
    if ran.returncode and AWAY.search(ran.stderr):
        raise HostAwayError(ran.stderr)
    return ran


def ask(container: str, module: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Call a module by the package that is installed in a host's container; its result."""
    asked = installed.call_text(module, arguments, check=False, diff=False)
    ran = execute(container, *shlex.split(installed.command()), text=asked)
    answer = {"rc": ran.returncode, "stdout": ran.stdout, "stderr": ran.stderr}
    result = installed.result_of(answer) or {}
    assert "ok" in result, f"{container}: {result.get('msg')}\n{ran.stdout}{ran.stderr}"
    return result


def status_of(env: str, *, lab: str, inventory: Path) -> dict[str, Any]:
    """What `status --json` says of the demo: hosts are asked the same, and told the same way."""
    request = _request(env, inventory)
    hosts = list(dict.fromkeys([*request.app_hosts, *request.edges]))
    with ThreadPoolExecutor(len(hosts)) as pool:
        events = pool.map(lambda host: _acquired(request, host, f"rollway-{lab}-{host}"), hosts)
        return fleet_status(request, dict(zip(hosts, events, strict=True)))


def _request(env: str, inventory: Path) -> Request:
    run = describe_run(new_run_id(STATUS), verb=STATUS, process=os.getpid())
    return Request(
        verb=STATUS,
        app=APP,
        env=env,
        run=run,
        app_hosts=_group(inventory, "app"),
        edges=_group(inventory, "edge"),
        addresses={},
        alive=live_processes(),
        reads_only=True,
    )


def _group(inventory: Path, name: str) -> list[str]:
    fleet = yaml.safe_load((inventory / "hosts.yml").read_text())["all"]["children"]["fleet"]
    return list(fleet["children"][name]["hosts"])


def _acquired(request: Request, host: str, container: str) -> Event:
    (call,) = acquire_calls(request, host, reads_only=True)
    try:
        result = ask(container, call.module, call.arguments)
    except HostAwayError as error:
        return Event(ACQUIRE, host, ok=False, unreachable=True, result={"msg": str(error)})
    return Event(ACQUIRE, host, ok=bool(result["ok"]), result=result)
