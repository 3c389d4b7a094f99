"""A module call that the installed package takes without Ansible's transport."""

from __future__ import annotations

import ast
import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.rollway import host_step, host_unit
from ansible.module_utils.rollway.arguments import COMPOSE_RELEASE, HAPROXY_BACKEND, complete
from ansible.module_utils.rollway.host_step import take
from ansible.module_utils.rollway.problem import Problem

from tests.unit.module_utils.fakes import FakeHost, a_run

PACKAGE = Path(host_step.__file__).parent


def call(host: FakeHost, module: str = "compose_release", **arguments: Any) -> dict[str, Any]:
    asked = {"module": module, "arguments": arguments, "check": False, "diff": False}
    return dict(json.loads(take(json.dumps(asked), host.tools)))


def test_a_call_does_what_the_module_does(host: FakeHost) -> None:
    result = call(host, step="acquire", app="iris", root=str(host.root), run=a_run("r1"))
    assert result["ok"]
    assert result["generation"] == host.state()["generation"]


def test_a_call_that_does_not_fit_is_refused_and_changes_nothing(host: FakeHost) -> None:
    result = call(host, step="acquire", app="iris", run=a_run("r1"), root=str(host.root), rot=1)
    assert not result["ok"]
    assert result["problem"]["found"] == "unknown: rot"
    assert not (host.root / "iris").exists()


def test_defaults_are_filled_in() -> None:
    full = complete(HAPROXY_BACKEND, {"app": "iris"})
    assert full.keys() == HAPROXY_BACKEND.keys()
    assert (full["step"], full["probe"], full["backend"]) == ("apply", [], None)


@pytest.mark.parametrize(
    ("given", "place", "found"),
    [
        ({"app": "iris", "run": {}}, "step", "not given"),
        ({"app": "iris", "run": {}, "step": "leap"}, "step", "'leap'"),
        ({"app": 3, "run": {}, "step": "start"}, "app", "3"),
        ({"app": "iris", "run": "r1", "step": "start"}, "run", "'r1'"),
    ],
    ids=["missing", "no choice", "no text", "no mapping"],
)
def test_arguments_are_checked(given: dict[str, Any], place: str, found: str) -> None:
    with pytest.raises(Problem) as raised:
        complete(COMPOSE_RELEASE, given)
    assert (raised.value.data["where"], raised.value.data["found"]) == (place, found)


def test_another_package_is_refused_before_stdin_is_read(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    unread = io.StringIO("{}")
    monkeypatch.setattr(sys, "stdin", unread)
    assert host_unit.main(["step", "--package", "0" * 64]) == host_step.OTHER_PACKAGE
    assert unread.tell() == 0
    assert "another package is installed" in capsys.readouterr().err


def test_all_of_the_package_is_installed() -> None:
    """Ansible sends what the module `host_unit` imports: the digest is that of the whole folder."""
    found: set[str] = set()
    queue = ["host_unit", "install"]
    while queue:
        name = queue.pop()
        if name in found:
            continue
        found.add(name)
        tree = ast.parse((PACKAGE / f"{name}.py").read_text())
        froms = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.level]
        queue += [node.module for node in froms if node.module]
        queue += [alias.name for node in froms if not node.module for alias in node.names]
    assert found == {path.stem for path in PACKAGE.glob("*.py")} - {"__init__"}
