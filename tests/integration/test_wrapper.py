"""The wrapper on a small checkout: the same script, with two requirements instead of eighty."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.long(seconds=15)

ROOT = Path(__file__).resolve().parents[2]
PINNED = ("invoke", "uv")
TASKS = """
import os, sys
from invoke import task

@task
def show(context):
    print(os.environ["ANSIBLE_CONFIG"], sys.prefix, "PYTHONDONTWRITEBYTECODE" in os.environ)
    import rollway
    print(rollway.__file__)
"""


def _locked(names: tuple[str, ...]) -> str:
    """The pins of these requirements, with their hashes."""
    taken: list[str] = []
    is_wanted = False
    for line in (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines():
        if line[:1].isalnum():
            is_wanted = line.split("==")[0] in names
        if is_wanted:
            taken.append(line)
    return "\n".join(taken) + "\n"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    root = tmp_path / "a checkout"
    (root / "src/rollway").mkdir(parents=True)
    (root / "src/rollway/__init__.py").touch()
    shutil.copy(ROOT / "invoke", root / "invoke")
    (root / "requirements.txt").write_text(_locked(PINNED), encoding="utf-8")
    (root / "tasks.py").write_text(TASKS, encoding="utf-8")
    return root


def _start(root: Path, *words: str, path: str = "") -> subprocess.Popen[str]:
    # the .venv of this session must not be the Python that is found
    own = str(ROOT / ".venv" / "bin")
    inherited = os.pathsep.join(p for p in os.environ["PATH"].split(os.pathsep) if p != own)
    environment = {**os.environ, "PATH": f"{path}:{inherited}" if path else inherited}
    environment["PYTHONDONTWRITEBYTECODE"] = "1"
    return subprocess.Popen(
        [str(root / "invoke"), *words],
        cwd="/",
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _run(root: Path, *words: str, path: str = "") -> tuple[int, str, str]:
    process = _start(root, *words, path=path)
    out, err = process.communicate(timeout=300)
    return process.returncode, out, err


def _shown(root: Path) -> str:
    return f"{root}/ansible.cfg {root}/.venv False\n{root}/src/rollway/__init__.py\n"


def test_two_at_once_make_one_environment_and_only_the_verb_writes_to_stdout(
    checkout: Path,
) -> None:
    both = [_start(checkout, "show"), _start(checkout, "show")]
    ended = [process.communicate(timeout=300) for process in both]
    assert [process.returncode for process in both] == [0, 0], ended
    assert [out for out, _ in ended] == [_shown(checkout)] * 2
    assert sum(err.count("making .venv") for _, err in ended) == 1
    assert _run(checkout, "show") == (0, _shown(checkout), "")


def test_an_environment_follows_its_requirements_and_its_folder(checkout: Path) -> None:
    assert _run(checkout, "show")[0] == 0
    with (checkout / "requirements.txt").open("a", encoding="utf-8") as requirements:
        requirements.write(_locked(("iniconfig",)))
    assert "making .venv" in _run(checkout, "show")[2]
    assert list(checkout.glob(".venv/lib/python*/site-packages/iniconfig/__init__.py"))
    moved = checkout.rename(checkout.with_name("elsewhere"))
    code, out, err = _run(moved, "show")
    assert (code, out) == (0, _shown(moved)), err


def test_a_build_that_was_killed_is_taken_up_again(checkout: Path) -> None:
    process = _start(checkout, "show")
    assert process.stderr is not None
    assert "making .venv" in process.stderr.readline()
    process.kill()
    process.communicate()
    assert not (checkout / ".venv/.rollway-requirements").exists()
    code, out, err = _run(checkout, "show")
    assert (code, out) == (0, _shown(checkout)), err


def test_a_python_without_venv_gets_its_package(checkout: Path, tmp_path: Path) -> None:
    """Debian's python3 lacks ensurepip until its venv package is there; apt-get is a recorder."""
    marker = tmp_path / "installed"
    stand_in = _python_without_venv(tmp_path / "bin", until=marker)
    _script(stand_in / "apt-get", f'[ "$1" = update ] || echo "$@" > "{marker}"')
    _script(stand_in / "id", "echo 0")
    code, out, err = _run(checkout, "show", path=str(stand_in))
    assert (code, out) == (0, _shown(checkout)), err
    said = marker.read_text(encoding="utf-8")
    assert said.startswith("install -qy --no-install-recommends python3.")


def test_a_user_who_is_not_root_is_told_the_command(checkout: Path, tmp_path: Path) -> None:
    stand_in = _python_without_venv(tmp_path / "bin", until=tmp_path / "never")
    _script(stand_in / "id", "echo 1000")
    code, out, err = _run(checkout, "show", path=str(stand_in))
    assert (code, out) == (1, "")
    assert "next: sudo apt-get install python3." in err


def _python_without_venv(folder: Path, *, until: Path) -> Path:
    folder.mkdir()
    _script(
        folder / "python3",
        f'''case "$2" in
            *_base_executable*) echo "$0"; exit ;;
            "import ensurepip, venv") [ -e "{until}" ]; exit ;;
        esac
        exec "{shutil.which("python3")}" "$@"''',
    )
    return folder


def _script(path: Path, body: str) -> None:
    path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    path.chmod(0o755)
