"""The action plugin `rollway_step`: which way a call goes, and what `acquire` says of it."""

from __future__ import annotations

import importlib.util
from types import SimpleNamespace
from typing import Any

import pytest

from rollway.remote.installed import MODULES
from rollway.remote.playbook import ROOT

ANSWER: dict[str, Any] = {"ok": True}


def _plugin(rc: int, *, module: str = str(MODULES / "compose_release.py")) -> Any:
    """The plugin, on a host whose `rollway-host` ends like this; `module` is what Ansible finds."""
    path = ROOT / "plugins/action/rollway_step.py"
    spec = importlib.util.spec_from_file_location("rollway_step_plugin", path)
    assert spec
    assert spec.loader
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    plugin = found.ActionModule.__new__(found.ActionModule)
    loader = SimpleNamespace(find_plugin=lambda *_: module)
    plugin._shared_loader_obj = SimpleNamespace(module_loader=loader)
    plugin._task, plugin._vars = SimpleNamespace(check_mode=False, diff=False), {}
    answer = {"rc": rc, "stdout": '{"ok": true}', "stderr": ""}
    plugin._low_level_execute_command = lambda *_, **__: answer
    plugin._execute_module = lambda **_: dict(ANSWER)
    return plugin


def _called(plugin: Any, step: str) -> dict[str, Any]:
    call = SimpleNamespace(module="compose_release", arguments={"step": step})
    return dict(plugin._call(call))


@pytest.mark.parametrize(("rc", "has_package"), [(0, True), (75, False), (127, False)])
def test_acquire_says_whether_the_host_has_this_package(rc: int, has_package: bool) -> None:
    assert _called(_plugin(rc), "acquire") == {**ANSWER, "has_package": has_package}
    assert _called(_plugin(rc), "start") == ANSWER


def test_where_another_module_is_in_its_place_nobody_knows() -> None:
    assert _called(_plugin(0, module="/elsewhere/compose_release.py"), "acquire") == ANSWER
