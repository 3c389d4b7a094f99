"""A signal ends a run: in order, on record, and nothing of it stays but what serves."""

from __future__ import annotations

import json
import signal
from typing import Any

import pytest

from rollway import exits
from tests.faults.controller import (
    ADVANCE,
    CONCLUDE,
    PLAN,
    Boundary,
    Command,
    command,
    sample,
    serving_hosts,
)
from tests.faults.fleet import Fleet, locked_hosts, status_when

pytestmark = pytest.mark.fault

SIGNALS = [
    pytest.param(signal.SIGINT, exits.INTERRUPTED, id="Ctrl-C", marks=pytest.mark.long),
    pytest.param(signal.SIGTERM, exits.TERMINATED, id="an abort in Jenkins"),
]
GOES_BACK = "./invoke abort --env={env} --app=iris goes back"


@pytest.mark.parametrize(("number", "code"), SIGNALS)
def test_the_next_deploy_continues(fleet: Fleet, number: signal.Signals, code: int) -> None:
    first, last = _planned_until_recorded(fleet)
    (at,) = sample(last, 1, first=first)
    option = f"--version={_another(fleet)}"
    with fleet.unharmed():
        with command(fleet.lab, "deploy", option, "--json", at=at, number=number) as ended:
            _is_recorded(fleet, ended, code, number=number)
        fleet.deploy(option.partition("=")[2])
    fleet.serves(option.partition("=")[2])


@pytest.mark.long
@pytest.mark.parametrize("verb", ["abort", "rollback"])
def test_what_was_begun_is_left(fleet: Fleet, verb: str) -> None:
    before, version = fleet.now, fleet.other
    with fleet.unharmed():
        with command(
            fleet.lab,
            "deploy",
            f"--version={version}",
            "--json",
            at=ADVANCE,
            number=signal.SIGTERM,
        ) as ended:
            result = _is_recorded(fleet, ended, exits.TERMINATED, number=signal.SIGTERM)
        assert _steps(result)["app-1"] == "shift"
        assert result["hosts"][0]["release"].endswith(f"-{version}")
        ran = fleet.lab.invoke(verb)
        assert ran.returncode == exits.DONE, ran.stderr
    fleet.serves(before)


def test_before_any_host_was_asked_nothing_is_recorded(fleet: Fleet) -> None:
    with (
        fleet.unchanged(),
        command(
            fleet.lab, "deploy", f"--version={fleet.other}", at=0, number=signal.SIGTERM
        ) as ended,
    ):
        assert ended.wait() == exits.TERMINATED
        assert "interrupted by SIGTERM before any host was asked" in ended.said
        assert ended.left() == []


@pytest.mark.long
def test_an_interrupted_rollback_goes_on(fleet: Fleet) -> None:
    """A slot that was warm serves by then, and no host has that on record."""
    before = fleet.now
    fleet.deploy(fleet.other)
    with fleet.unharmed():
        with command(fleet.lab, "rollback", "--json", at=CONCLUDE, number=signal.SIGINT) as ended:
            result = _is_recorded(fleet, ended, exits.INTERRUPTED, number=signal.SIGINT)
        assert set(_steps(result).values()) == {"shift"}
        ran = fleet.lab.invoke("rollback")
        assert ran.returncode == exits.DONE, ran.stderr
    fleet.serves(before)


def _another(fleet: Fleet) -> str:
    now = fleet.lab.status()["version"]
    return next(version for version in (fleet.now, fleet.other) if version != now)


def _planned_until_recorded(fleet: Fleet) -> tuple[int, int]:
    """The boundaries between which a deploy has a plan, and no host its record."""
    with command(fleet.lab, "deploy", f"--version={_another(fleet)}") as whole:
        assert whole.wait() == exits.DONE
        found = whole.boundaries
    first = found.index(Boundary("task", PLAN)) + 2  # the task and its result
    return first, found.index(Boundary("task", CONCLUDE)) + 1


def _is_recorded(
    fleet: Fleet, ended: Command, code: int, *, number: signal.Signals
) -> dict[str, Any]:
    """The end in order; what `--json` says of it."""
    assert ended.wait() == code
    assert ended.left() == []
    result: dict[str, Any] = json.loads(ended.out)
    assert (result["outcome"], result["exit"], result["run"]) == ("aborted", code, ended.run)
    assert result["interrupted_run"]["signal"] == number.name
    assert all(one["recorded"] for one in result["interrupted_run"]["hosts"])
    assert GOES_BACK.format(env=fleet.lab.env) in result["next"]
    _is_told(fleet, result)
    return result


def _is_told(fleet: Fleet, result: dict[str, Any]) -> None:
    """By status, history and audit; every host serves, and nobody holds a lock."""
    hosts = set(fleet.lab.hosts)
    status = status_when(
        fleet.lab, lambda one: serving_hosts(one) == hosts, "not every host serves"
    )
    assert (status["locks"], locked_hosts(fleet.lab)) == ([], [])
    assert status["interrupted_run"]["run"] == result["run"]
    assert {one["host"] for one in status["interrupted_run"]["hosts"]} == set(fleet.lab.hosts)
    for verb in ("history", "audit"):
        newest = json.loads(fleet.lab.invoke(verb, "--json").stdout)[0]
        assert (newest["run"], newest["outcome"]) == (result["run"], "aborted")


def _steps(result: dict[str, Any]) -> dict[str, str]:
    return {one["host"]: one["step"] for one in result["interrupted_run"]["hosts"]}
