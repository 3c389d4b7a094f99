from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rollway.remote.playbook import ROOT, Play, command_of, run_playbook


def test_the_command_is_a_list_without_secrets() -> None:
    play = Play(
        "playbooks/deploy.yml",
        inventory=Path("inventories/staging"),
        extra_vars={"rollway_registry_password": "s3cret"},
        limit="app-1:edge",
        check=True,
        diff=True,
        verbose=2,
    )
    command = command_of(play, variables=Path("/tmp/x/vars.json"))
    assert command[1:] == [
        "--inventory=inventories/staging",
        "--extra-vars=@/tmp/x/vars.json",
        "--limit=app-1:edge",
        "--check",
        "--diff",
        "-vv",
        "playbooks/deploy.yml",
    ]
    assert "s3cret" not in " ".join(command)


ECHO = """
- hosts: localhost
  connection: local
  vars: {ansible_python_interpreter: "{{ ansible_playbook_python }}"}
  tasks:
    - ansible.builtin.copy:
        content: "{{ told }}"
        dest: "{{ where }}"
        mode: "0600"
"""
TYPED = [
    pytest.param("{{ lookup('pipe', 'id') }}", id="a lookup"),
    pytest.param("{{ 7 * 7 }} {% raw %}", id="an expression"),
    pytest.param('Žižek \U0001f600 "quoted" \x7f', id="odd characters"),
]


@pytest.mark.parametrize("typed", TYPED)
def test_what_was_typed_is_no_template(typed: str, tmp_path: Path) -> None:
    path = tmp_path / "echo.yml"
    path.write_text(ECHO)
    told = {"told": typed, "where": str(tmp_path / "told")}
    assert run_playbook(Play(str(path), Path("localhost,"), told)).code == 0
    assert (tmp_path / "told").read_text() == typed


CHILD = """
import sys
from rollway.remote.playbook import run_in_group
is_brief = len(sys.argv) > 2
ended = run_in_group([sys.executable, "-c", sys.argv[1]], environment={}, is_brief=is_brief)
print(ended.code, ended.signal.name if ended.signal else "-")
"""

# A parent with a child of its own, as Ansible with its workers: both must be gone.
FAMILY = """
import pathlib, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
pathlib.Path({path!r}).write_text(str(child.pid))
time.sleep(60)
"""

# A child in a session of its own that no TERM ends, as a worker of Ansible that hangs.
DEAF_CHILD = """
import pathlib, signal, subprocess, sys, time
deaf = "import signal, time; signal.signal(15, signal.SIG_IGN); print(flush=True); time.sleep(60)"
command = [sys.executable, "-c", deaf]
child = subprocess.Popen(command, start_new_session=True, stdout=subprocess.PIPE)
child.stdout.readline()
pathlib.Path({path!r}).write_text(str(child.pid))
time.sleep(60)
"""

# A parent that no TERM ends, either.
DEAF = DEAF_CHILD.replace("pathlib.Path", "signal.signal(15, signal.SIG_IGN); pathlib.Path")


def _start(code: str, *more: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    # the tests themselves may run under nohup
    heeds = f"import signal; signal.signal(signal.SIGHUP, signal.SIG_DFL)\n{CHILD}"
    command = [sys.executable, "-c", heeds, code, *more]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)


def _until(condition: object, seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def _is_alive(process: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_whole_family(number: signal.Signals, tmp_path: Path) -> None:
    path = tmp_path / "child"
    with _start(FAMILY.format(path=str(path))) as process:
        _until(lambda: path.exists() and path.read_text())
        process.send_signal(number)
        output, _ = process.communicate(timeout=20)
    assert output.split()[1] == number.name
    grandchild = int(path.read_text())
    _until(lambda: not _is_alive(grandchild))


def test_under_nohup_the_end_of_the_terminal_is_no_end(tmp_path: Path) -> None:
    path = tmp_path / "child"
    ignored = f"import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN)\n{CHILD}"
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    words = [sys.executable, "-c", ignored, FAMILY.format(path=str(path))]
    with subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, text=True) as process:
        _until(lambda: path.exists() and path.read_text())
        process.send_signal(signal.SIGHUP)
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=20)
    assert output.split()[1] == "SIGTERM"


FAMILIES = [
    pytest.param(DEAF_CHILD, (), 1, "SIGTERM", id="a worker that hangs"),
    pytest.param(DEAF, (), 2, "SIGTERM", id="the second signal ends whoever did not listen"),
    pytest.param(DEAF, ("brief",), 1, "SIGTERM", id="the first one ends what is brief"),
]


@pytest.mark.parametrize(("code", "more", "count", "name"), FAMILIES)
def test_nobody_outlives_the_end(
    code: str, more: tuple[str, ...], count: int, name: str, tmp_path: Path
) -> None:
    path = tmp_path / "child"
    with _start(code.format(path=str(path)), *more) as process:
        _until(lambda: path.exists() and path.read_text())
        for _ in range(count):
            process.send_signal(signal.SIGTERM)
            time.sleep(0.2)
        output, _ = process.communicate(timeout=20)
    assert output.split()[1] == name
    grandchild = int(path.read_text())
    _until(lambda: not _is_alive(grandchild))


def test_the_code_of_the_command_is_returned() -> None:
    with _start("raise SystemExit(4)") as process:
        output, _ = process.communicate(timeout=20)
    assert output.split() == ["4", "-"]
