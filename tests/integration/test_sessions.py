"""Logs, commands and shells on the hosts of the lab, over SSH with host keys checked."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from rollway import exits
from tests.integration.fault_fleet import serve
from tests.integration.lab_fleet import ROOT, Lab, invoke
from tests.integration.terminal import run_in_terminal

pytestmark = pytest.mark.lab


@pytest.fixture(scope="module")
def released(lab: Lab) -> Lab:
    """The lab with a release that serves."""
    return serve(lab)


def test_logs_come_from_every_host_with_its_name(released: Lab) -> None:
    ran = released.invoke("logs", "--tail=all")
    assert ran.returncode == exits.DONE, ran.stderr
    lines = ran.stdout.splitlines()
    assert {line.partition("/")[0] for line in lines} == set(released.hosts)
    assert all(re.match(r"app-\d/api-1 \| ", line) for line in lines)
    one = released.invoke("logs", "--tail=1", f"--limit={released.hosts[0]}", "--service=api")
    assert one.stdout.startswith(f"{released.hosts[0]}/api-1 | ")
    assert one.stdout.count("\n") == 1


def test_followed_logs_go_on_until_the_command_ends_and_leave_nothing(released: Lab) -> None:
    words = ["logs", f"--env={released.env}", "--follow", "--tail=1"]
    following = subprocess.Popen(
        [str(ROOT / "invoke"), *words], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    try:
        assert following.stdout is not None
        hosts = {following.stdout.readline().partition("/")[0] for _ in released.hosts}
        assert hosts == set(released.hosts)
        assert following.poll() is None
    finally:
        following.terminate()
        following.communicate(timeout=20)
    deadline = time.monotonic() + 10
    while _followers(released) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert _followers(released) == ""


def _followers(lab: Lab) -> str:
    look = "ps -eo args | grep '[d]ocker logs' || true"
    return "".join(lab.on(host, "sh", "-c", look) for host in lab.hosts)


def test_a_command_runs_on_every_host_and_its_exit_code_is_passed_on(released: Lab) -> None:
    told = ["--service=api", "--", "sh", "-c", "echo 'a  b'; exit 7"]
    ran = released.invoke("exec", *told)
    assert ran.returncode == 7
    assert sorted(ran.stdout.splitlines()) == [f"{host}/api-1 | a  b" for host in released.hosts]


def test_a_command_on_one_host_reads_our_input_and_writes_bytes(released: Lab) -> None:
    words = ["exec", f"--env={released.env}", f"--limit={released.hosts[1]}", "--service=api"]
    given = bytes(range(256)) * 4096
    ran = subprocess.run(
        [str(ROOT / "invoke"), *words, "--", "cat"],
        cwd=ROOT,
        input=given,
        capture_output=True,
        check=False,
    )
    assert (ran.returncode, ran.stdout) == (exits.DONE, given), ran.stderr


@pytest.mark.parametrize("options", [[], ["--service=api"]], ids=["the host", "a container"])
def test_a_shell_has_the_terminal(released: Lab, options: list[str]) -> None:
    words = ["shell", f"--env={released.env}", f"--host={released.hosts[0]}", *options]
    prompt = "$ " if options else "# "  # the container's user is nobody
    typed = [(prompt, "echo in-$((40+2))\n"), ("in-42", "exit 3\n")]
    ran = run_in_terminal([str(ROOT / "invoke"), *words], typed=typed)
    assert "in-42" in ran.text
    assert ran.code == 3, ran.text


def test_a_service_that_is_not_there_names_those_that_are(released: Lab) -> None:
    ran = released.invoke("exec", "--service=db", "--", "true")
    assert ran.returncode == exits.REFUSED
    assert "accepted: services of this slot: api" in ran.stderr


@pytest.fixture
def stranger(released: Lab, tmp_path: Path) -> Iterator[str]:
    """An environment of the same hosts whose known_hosts knows none of them."""
    env = f"{released.env}-unknown"
    folder = ROOT / "inventories" / env
    folder.mkdir(parents=True)
    try:
        shutil.copy(released.inventory / "hosts.yml", folder)
        unknown = tmp_path / "known_hosts"
        unknown.touch()
        told = f"-o UserKnownHostsFile={unknown} -o StrictHostKeyChecking=no -o IdentitiesOnly=yes"
        (folder / "host_vars").mkdir()
        for host in released.hosts:
            path = folder / "host_vars" / f"{host}.yml"
            path.write_text(json.dumps({"ansible_ssh_common_args": told}))
        yield env
    finally:
        shutil.rmtree(folder)


def test_a_host_whose_key_is_not_known_is_refused(stranger: str) -> None:
    for words in (["logs"], ["exec", "--service=api"]):
        behind = ["--", "true"] if words[0] == "exec" else []
        ran = invoke(words[0], f"--env={stranger}", *words[1:], *behind)
        assert ran.returncode == exits.REFUSED
        assert "is not known; accepted: a key in" in ran.stderr
        assert ran.stdout == ""
