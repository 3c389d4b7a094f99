from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ansible.module_utils.rollway import names
from ansible.module_utils.rollway.problem import Problem

GOOD: list[Any] = [
    pytest.param(names.app_name, "iris-2", id="an application"),
    pytest.param(names.release_id, "17-v1.4.0_rc.1", id="a release"),
    pytest.param(names.run_id, "20260131T120000Z-deploy-1a2b3c", id="a run"),
    pytest.param(names.image_reference, "10.77.0.5:5000/iris@sha256:" + "a" * 64, id="a digest"),
    pytest.param(names.image_reference, "redis:7.2", id="a tag"),
    pytest.param(names.address_literal, "2001:db8::1", id="an IPv6 address"),
]
BAD: list[Any] = [
    pytest.param(names.app_name, "", id="nothing"),
    pytest.param(names.app_name, "-rf", id="a leading dash"),
    pytest.param(names.app_name, "a/b", id="a slash"),
    pytest.param(names.app_name, "a\n", id="a newline at the end"),
    pytest.param(names.app_name, "Iris", id="a capital letter"),
    pytest.param(names.app_name, 7, id="a number"),
    pytest.param(names.release_id, "1-..", id="two dots"),
    pytest.param(names.release_id, "1-$(id)", id="a command"),
    pytest.param(names.run_id, "../x", id="a path"),
    pytest.param(names.image_reference, "a b", id="a space"),
    pytest.param(names.image_reference, "a/../b", id="a path inside an image"),
    pytest.param(names.slot_name, "red", id="a third slot"),
    pytest.param(names.address_literal, "host.example", id="a host's name"),
    pytest.param(names.relative_path, "/etc/passwd", id="an absolute path"),
    pytest.param(names.relative_path, "a/../../b", id="a path upwards"),
    pytest.param(names.relative_path, "a//b", id="an empty part"),
    pytest.param(names.relative_path, "", id="an empty path"),
    pytest.param(names.relative_path, "a\0b", id="a NUL byte"),
]


@pytest.mark.parametrize(("check", "value"), GOOD)
def test_allowed_names_pass_unchanged(check: Callable[[object], Any], value: str) -> None:
    assert check(value) == value


@pytest.mark.parametrize(("check", "value"), BAD)
def test_other_names_are_refused(check: Callable[[object], Any], value: object) -> None:
    with pytest.raises(Problem):
        check(value)


def test_a_name_becomes_part_of_a_variable() -> None:
    assert names.variable_part("my-api.v2") == "MY_API_V2"
