"""What a host knows of the process behind its lock."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.module_utils.fakes import FakeHost, a_run

HOLDERS: list[Any] = [
    pytest.param({"machine_id": "ci"}, {}, "elsewhere", id="on another machine"),
    pytest.param({}, {"scan_ticks": 200, "processes": [[7, 100]]}, "at work", id="a live run"),
    pytest.param({}, {}, "at work", id="one that nobody looked for"),
    pytest.param({}, {"scan_ticks": 200, "processes": [[7, 99]]}, "gone", id="a dead one"),
    pytest.param({"boot_id": "b2"}, {}, "gone", id="one from before a boot"),
]


@pytest.mark.parametrize(("ours", "alive", "process"), HOLDERS)
def test_reading_says_what_is_known_of_the_process_behind_a_lock(
    host: FakeHost, ours: dict[str, Any], alive: dict[str, Any], process: str
) -> None:
    """Also beside a freeze, and in every word about the lock."""
    host.step("acquire", run=a_run("theirs"))
    run = a_run("ours", pid=9, start_ticks=150, **ours)
    assert host.step("acquire", mode="read", run=run, alive=alive)["process"] == process
    (holder,) = host.step("look", run=run, alive=alive)["holders"]
    assert holder["process"] == process
    history = host.step("history", run=run, alive=alive, count=1)
    assert history["at_work"] == (None if process == "gone" else "theirs")
    host.step("freeze", run=a_run("freeze-1"))
    assert host.step("acquire", mode="read", run=run, alive=alive)["process"] == process


def test_a_run_at_work_here_is_waited_for_and_its_lock_is_not_offered(host: FakeHost) -> None:
    host.step("acquire", run=a_run("theirs"))
    alive = {"scan_ticks": 200, "processes": [[7, 100]]}
    problem = host.step("acquire", run=a_run("ours", pid=9), alive=alive)["problem"]
    assert (problem["found"], problem["next"]) == (
        "locked by deploy by ana@laptop since 2026-01-31T12:00:00Z (run theirs), which is at work",
        "wait for it (--wait-lock=600)",
    )
