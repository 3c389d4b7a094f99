from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from rollway import names
from rollway.errors import RollwayError

HOST = partial(names.host_name, where="--host")

GOOD = [
    pytest.param(names.app_name, "iris", id="an app of letters"),
    pytest.param(names.app_name, "a" * 40, id="an app of 40 characters"),
    pytest.param(names.app_name, "7-wonders_x", id="an app that begins with a digit"),
    pytest.param(names.env_name, "lab-x", id="an environment with a hyphen"),
    pytest.param(names.service_name, "api", id="a service"),
    pytest.param(names.version_name, "v1.4.0-3-gabc_D", id="a version as git describe writes it"),
    pytest.param(names.version_name, "1" * 64, id="a version of 64 characters"),
    pytest.param(names.release_id, "12-v1.4.0", id="a release"),
    pytest.param(HOST, "app-1.example.com", id="a host with dots"),
    pytest.param(HOST, "a" * 253, id="a host of 253 characters"),
    pytest.param(HOST, "2001:db8::5", id="a host that is named by its address"),
    pytest.param(names.run_id, "20261121T040000-deploy-ab12", id="a run"),
]

BAD = [
    pytest.param(names.app_name, "", id="an empty app"),
    pytest.param(names.app_name, "a" * 41, id="an app of 41 characters"),
    pytest.param(names.app_name, "Iris", id="an app with a capital"),
    pytest.param(names.app_name, "-iris", id="an app that looks like an option"),
    pytest.param(names.app_name, "iris\n", id="an app with a line feed at its end"),
    pytest.param(names.env_name, "../etc", id="an environment that leaves its folder"),
    pytest.param(names.service_name, "api;reboot", id="a service with a shell's character"),
    pytest.param(names.version_name, "1..2", id="a version with two dots in a row"),
    pytest.param(names.version_name, ".hidden", id="a version that begins with a dot"),
    pytest.param(names.version_name, "a/b", id="a version with a slash"),
    pytest.param(names.version_name, "1" * 65, id="a version of 65 characters"),
    pytest.param(names.version_name, "gr\u00f6\u00dfer", id="a version with letters beyond ASCII"),
    pytest.param(names.release_id, "v1.4.0", id="a release without its counter"),
    pytest.param(names.release_id, "0-v1", id="a release with counter zero"),
    pytest.param(names.release_id, "1-a..b", id="a release with two dots in a row"),
    pytest.param(HOST, "a b", id="a host with a space"),
    pytest.param(HOST, "\u0661", id="a host of digits beyond ASCII"),
    pytest.param(HOST, "a" * 254, id="a host of 254 characters"),
    pytest.param(names.run_id, "a.b", id="a run with a dot"),
]


@pytest.mark.parametrize(("check", "value"), GOOD)
def test_returns_the_name(check: Callable[[str], str], value: str) -> None:
    assert check(value) == value


@pytest.mark.parametrize(("check", "value"), BAD)
def test_refuses(check: Callable[[str], str], value: str) -> None:
    with pytest.raises(RollwayError) as caught:
        check(value)
    assert caught.value.found == f"found {value!r}"
    assert caught.value.exit_code == 1


def test_the_text_says_what_is_accepted() -> None:
    with pytest.raises(RollwayError) as caught:
        names.app_name("Iris!")
    assert str(caught.value) == (
        "app: found 'Iris!'; accepted: 1 to 40 of a-z 0-9 _ -, the first a letter or digit"
    )
