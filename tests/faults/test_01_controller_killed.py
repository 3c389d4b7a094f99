"""The controller is killed: every host goes on serving, and the same command converges.

The boundaries of a run are the starts of its tasks and the results of its hosts.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable

import pytest

from rollway import exits
from tests.faults.controller import ADVANCE, Command, command, moments, sample, serving_hosts
from tests.faults.fleet import Fleet, idle_slot, state_of, status_when, until
from tests.faults.harm import refused
from tests.faults.machine import keeps_up
from tests.integration.fault_fleet import GOOD, Status, is_whole
from tests.load import judged

pytestmark = pytest.mark.fault

KILLED = -signal.SIGKILL
DEPLOYS, ROLLBACKS = 2, 1  # the boundaries that CI tries
STANDSTILL_SECONDS = 600.0
MOMENTS = 50

Kill = Callable[[Command], None]


def test_a_deploy_that_is_killed_goes_on(fleet: Fleet) -> None:
    for at in sample(_boundaries_of_deploy(fleet), DEPLOYS):
        _deploy_killed(fleet, at)


def test_a_rollback_that_is_killed_goes_on(fleet: Fleet) -> None:
    for at in sample(_boundaries_of_rollback(fleet), ROLLBACKS):
        _rollback_killed(fleet, at)


@pytest.mark.long(seconds=1300)
def test_a_deploy_goes_on_from_every_boundary(fleet: Fleet) -> None:
    for at in range(_boundaries_of_deploy(fleet)):
        _deploy_killed(fleet, at)


@pytest.mark.long(seconds=1000)
def test_a_rollback_goes_on_from_every_boundary(fleet: Fleet) -> None:
    for at in range(_boundaries_of_rollback(fleet)):
        _rollback_killed(fleet, at)


@pytest.mark.long(seconds=1700)
def test_a_deploy_goes_on_from_any_moment(fleet: Fleet) -> None:
    version, began = _cold(fleet), time.monotonic()
    fleet.deploy(version)
    for seconds in moments(time.monotonic() - began, MOMENTS):
        _deploy_killed(fleet, "", kill=_after(seconds))


NEXT = [
    pytest.param("abort", id="abort goes back"),
    pytest.param("rollback", id="rollback goes back, and no further", marks=pytest.mark.long),
    pytest.param("deploy", id="another release starts anew", marks=pytest.mark.long),
]


@pytest.mark.parametrize("verb", NEXT)
def test_another_command_takes_over(fleet: Fleet, verb: str) -> None:
    begun = _cold(fleet)
    before = _now(fleet)
    goal = next(one for one in GOOD if one not in {begun, before}) if verb == "deploy" else before
    with fleet.unharmed():
        _kill(fleet, "deploy", f"--version={begun}", at=ADVANCE)
        options = [f"--version={goal}"] if verb == "deploy" else []
        ran = fleet.lab.invoke(verb, *options)
        assert ran.returncode == exits.DONE, ran.stderr
    fleet.serves(goal)


@pytest.mark.long(seconds=90)
def test_a_run_that_takes_it_up_and_fails_goes_back_from_all_of_it(fleet: Fleet) -> None:
    """Traffic that the killed run moved goes back, too: what it left is stopped afterwards."""
    begun, before = _cold(fleet), _now(fleet)
    with fleet.unharmed():
        _kill(fleet, "deploy", f"--version={begun}", at=ADVANCE)
        fleet.lab.on("app-3", "docker", "image", "prune", "--all", "--force")
        with refused(fleet.lab, "app-3", "--protocol", "tcp", "--dport", "5000"):
            failed = fleet.deploy(begun, code=exits.FAILED)
        assert "the whole fleet serves" in failed["said"]
        fleet.serves(before)
        until(lambda: _is_empty(fleet, "app-1"), "the slot did not end", seconds=60.0)
    fleet.serves(before)


def _is_empty(fleet: Fleet, host: str) -> bool:
    slot = state_of(fleet.lab, host)["slots"][idle_slot(fleet.lab, host)]
    return bool(slot["state"] == "empty")


def _now(fleet: Fleet) -> str:
    return str(fleet.lab.status()["version"])


def _cold(fleet: Fleet) -> str:
    """A version that stands in no slot and has to start, while others stand in all of them."""
    slots = [one for host in fleet.lab.hosts for one in state_of(fleet.lab, host)["slots"].values()]
    standing = {slot["version"] for slot in slots}
    status = fleet.lab.status()
    now = status["version"]
    if is_whole(status, now) and standing < set(GOOD):
        return next(version for version in GOOD if version not in standing)
    first, second = (version for version in GOOD if version != now)
    fleet.deploy(first)
    return second


def _boundaries_of_deploy(fleet: Fleet) -> int:
    return _boundaries(fleet, "deploy", f"--version={_cold(fleet)}")


def _boundaries_of_rollback(fleet: Fleet) -> int:
    before = _now(fleet)
    fleet.deploy(_other(before))
    return _boundaries(fleet, "rollback", f"--to={before}")


def _other(now: str) -> str:
    """Another version; what was rolled back from starts anew, since it is voided."""
    return next(version for version in GOOD if version != now)


def _boundaries(fleet: Fleet, verb: str, option: str) -> int:
    """How many there are, in a run that nobody touches."""
    with command(fleet.lab, verb, option) as whole:
        assert whole.wait() == exits.DONE
        found = whole.boundaries
    names = [one.name for one in found if one.kind == "task"]
    print(f"{verb}: {len(found)} boundaries, tasks {names}")
    return len(found)


def _judged(once: Callable[[], None]) -> None:
    """As `judged`, and only when this machine keeps up again."""

    def rest() -> None:
        until(keeps_up, "this machine stands still", seconds=STANDSTILL_SECONDS)

    judged(once, say=print, rest=rest)


def _deploy_killed(fleet: Fleet, at: int | str, *, kill: Kill | None = None) -> None:
    _judged(lambda: _deploy_killed_once(fleet, at, kill))


def _rollback_killed(fleet: Fleet, at: int) -> None:
    _judged(lambda: _rollback_killed_once(fleet, at))


def _deploy_killed_once(fleet: Fleet, at: int | str, kill: Kill | None) -> None:
    version = _cold(fleet)
    with fleet.unharmed():
        _kill(fleet, "deploy", f"--version={version}", at=at, kill=kill)
        result = fleet.deploy(version)
    assert result["outcome"] == "good", result["said"]
    fleet.serves(version)


def _rollback_killed_once(fleet: Fleet, at: int) -> None:
    before = _now(fleet)
    fleet.deploy(_other(before))
    with fleet.unharmed():
        _kill(fleet, "rollback", f"--to={before}", at=at)
        again = fleet.lab.invoke("rollback", f"--to={before}")
    assert again.returncode == exits.DONE, again.stderr
    fleet.serves(before)


def _kill(fleet: Fleet, verb: str, option: str, *, at: int | str, kill: Kill | None = None) -> None:
    """Kill the controller at a boundary, or as `kill` does; every host serves, and status tells."""
    with command(fleet.lab, verb, option, at=at) as killed:
        if kill:
            kill(killed)
        code = killed.wait()
        last = killed.boundaries[-1:]
        print(f"{verb} killed at {at}: {last}, run {killed.run or 'not begun'}")
        assert code == KILLED if at != "" else code in {KILLED, exits.DONE}
        killed.send(signal.SIGKILL)  # connections that it was making
        # asked before status, which is a run of its own
        _stands(fleet, killed.run if killed.is_under_way else "")


def _stands(fleet: Fleet, run: str) -> None:
    """Every host serves a whole release, and status names the run that was under way.

    Nobody does anything meanwhile: a host whose check was late is back by itself, no other is.
    """
    status = status_when(fleet.lab, lambda one: _all_serve(fleet, one), "not every host serves")
    found = status["interrupted_run"]
    if run:
        assert found is not None, status["locks"]
        assert found["run"] == run
        assert {one["step"] for one in found["hosts"]} <= {
            *("acquire", "stage", "start", "switch", "shift")
        }


def _all_serve(fleet: Fleet, status: Status) -> bool:
    is_healthy = all(host["healthy"] for host in status["hosts"])
    return is_healthy and serving_hosts(status) == set(fleet.lab.hosts)


def _after(seconds: float) -> Kill:
    def kill(killed: Command) -> None:
        time.sleep(seconds)
        print(f"after {seconds:.2f} s")
        killed.send(signal.SIGKILL)

    return kill
