"""Killed is killed: nothing that works for a command outlives it, however it was killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from rollway.remote.lifeline import bind_worker
from rollway.remote.playbook import ROOT
from tests.unit.processes import is_running, wait

PLAY = """
- hosts: localhost
  gather_facts: false
  connection: local
  vars: {{ansible_python_interpreter: "{{{{ ansible_playbook_python }}}}"}}
  tasks:
    - ansible.builtin.command: {{argv: {argv}}}
"""
# What a task started, in a session of its own as SSH with a password is, and deaf to what asks.
TASK = """
import os, pathlib, signal, sys, time
for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGINT):
    signal.signal(number, signal.SIG_IGN)
if sys.argv[2] == "apart" and os.fork():
    os.wait()
    sys.exit()
if sys.argv[2] == "apart":
    os.setsid()
parents = [os.getpid()]
while parents[-1] > 1:
    stat = pathlib.Path(f"/proc/{parents[-1]}/stat").read_text()
    parents.append(int(stat.rpartition(")")[2].split()[1]))
told = pathlib.Path(sys.argv[1])
told.with_suffix(".new").write_text(" ".join(map(str, parents)))
told.with_suffix(".new").rename(told)
time.sleep(60)
"""
COMMAND = """
import sys
from pathlib import Path
from rollway.remote.playbook import Play, run_playbook
run_playbook(Play(sys.argv[1], Path("localhost,"), {}))
"""
SECONDS = 5.0


def _playbook(folder: Path, session: str) -> tuple[Path, Path]:
    """A playbook whose one task tells its ancestors, itself first, and then sleeps."""
    told, script, play = folder / "told", folder / "task.py", folder / "play.yml"
    script.write_text(TASK)
    play.write_text(PLAY.format(argv=[sys.executable, str(script), str(told), session]))
    return play, told


def _family(told: Path, first: int) -> list[int]:
    """The task and all its ancestors up to the command that the test started."""
    wait(told.exists)
    numbers = [int(word) for word in told.read_text().split()]
    return numbers[: numbers.index(first) + 1]


def _is_gone_soon(family: list[int]) -> None:
    """Nobody of the family is left after a few seconds; what is left ends here."""
    try:
        wait(lambda: not any(map(is_running, family)), seconds=SECONDS)
    finally:
        for number in filter(is_running, family):
            os.kill(number, signal.SIGKILL)


SESSIONS = pytest.mark.parametrize("session", ["same", "apart"])


@SESSIONS
def test_a_command_takes_ansible_its_workers_and_their_tasks_along(
    session: str, tmp_path: Path
) -> None:
    play, told = _playbook(tmp_path, session)
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    words = [sys.executable, "-c", COMMAND, str(play)]
    with subprocess.Popen(words, env=environment, stderr=subprocess.DEVNULL) as command:
        family = _family(told, command.pid)
        assert len(family) > 3
        os.kill(command.pid, signal.SIGKILL)
    _is_gone_soon(family)


@SESSIONS
def test_a_playbook_that_nobody_started_for_us_does_so_too(session: str, tmp_path: Path) -> None:
    play, told = _playbook(tmp_path, session)
    ansible = Path(sys.executable).with_name("ansible-playbook")
    environment = {**os.environ, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "LC_ALL": "C.UTF-8"}
    with subprocess.Popen(
        [str(ansible), "--inventory=localhost,", str(play)],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as playbook:
        family = _family(told, playbook.pid)
        os.kill(playbook.pid, signal.SIGKILL)
    _is_gone_soon(family)


LATE = """
import os, signal, subprocess, sys, time
from rollway.remote.lifeline import end_with
subprocess.run([sys.executable, "-c", "0"], preexec_fn=lambda: end_with(1), check=True)
"""


def test_who_comes_after_its_parents_end_ends_at_once() -> None:
    """The child believes in another parent, as one does whose own has ended meanwhile."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run(
        [sys.executable, "-c", LATE],
        env=environment,
        check=False,
        capture_output=True,
        text=True,
        timeout=20,
    )
    assert f"died with {signal.SIGKILL!r}" in done.stderr


WORKER = """
import multiprocessing, os, sys, time
from rollway.remote.lifeline import bind_worker

def work():
    bind_worker()
    print(os.getpid(), flush=True)
    time.sleep(60)

multiprocessing.get_context("fork").Process(target=work).start()
time.sleep(60)
"""


def test_a_worker_binds_itself_where_no_callback_did() -> None:
    """As under another configuration of Ansible: the steps' own action does so."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    words = [sys.executable, "-c", WORKER]
    with subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, text=True) as playbook:
        assert playbook.stdout is not None
        worker = int(playbook.stdout.readline())
        os.kill(playbook.pid, signal.SIGKILL)
    _is_gone_soon([worker])


def test_in_a_process_of_nobody_s_nothing_is_bound() -> None:
    before = signal.getsignal(signal.SIGHUP)
    bind_worker()
    assert signal.getsignal(signal.SIGHUP) is before


# A worker that gets the signal again when the first of its two children has been ended.
TWICE = """
import os, signal, subprocess, sys
from rollway.remote import family, lifeline
words = [sys.executable, "-c", "import time; time.sleep(60)"]
children = [subprocess.Popen(words, stdout=subprocess.DEVNULL) for _ in "ab"]
print(*(child.pid for child in children), flush=True)
kill = family.kill

def kill_the_first(processes):
    kill(processes[:1])
    os.kill(os.getpid(), signal.SIGHUP)
    kill(processes[1:])

family.kill = kill_the_first
lifeline._bind(os.getppid())
os.kill(os.getpid(), signal.SIGHUP)
"""


def test_a_signal_that_comes_twice_ends_all_of_a_worker_s_children() -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    ran = subprocess.run(
        [sys.executable, "-c", TWICE],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        check=False,
    )
    children = [int(word) for word in ran.stdout.split()]
    assert len(children) == 2
    _is_gone_soon(children)
