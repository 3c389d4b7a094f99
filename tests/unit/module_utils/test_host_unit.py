"""What a host does when no controller is there: the timer's `reap`, and `boot`."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.module_utils.rollway.boot import boot
from ansible.module_utils.rollway.host_call import host_call
from ansible.module_utils.rollway.install import LIBRARY, wanted_files
from ansible.module_utils.rollway.reap import reap
from ansible.module_utils.rollway.timer import arm, arm_arguments

from tests.unit.module_utils.fakes import FakeHost, a_manifest, a_run, connection

FIRST, SECOND = "1-1.0.0", "2-1.1.0"


def end(host: FakeHost, slot: str) -> str:
    return reap(host_call(host.root, "iris", host.tools), slot)


@pytest.fixture
def warm(host: FakeHost) -> FakeHost:
    """A host whose slot blue is warm for 300 s."""
    host.deploy(FIRST, "blue")
    host.deploy(SECOND, "green", old="blue")
    return host


def test_a_warm_slot_ends_at_its_deadline_and_not_before(warm: FakeHost) -> None:
    began, generation = warm.clock.now, warm.state()["generation"]
    assert end(warm, "blue") == "iris blue: stopped"
    assert 299 < warm.clock.now - began < 302
    assert warm.slots() == {"blue": (None, "empty"), "green": (SECOND, "running")}
    assert warm.running() == ["iris-green-api-1-1", "iris-green-mail-1-1"]
    assert warm.state()["generation"] == generation + 1


def test_the_slot_that_serves_is_never_ended(warm: FakeHost) -> None:
    assert end(warm, "green") == "iris green: in use or empty, left alone"
    assert "iris-green-api-1-1" in warm.running()


def test_an_empty_slot_needs_no_end(host: FakeHost) -> None:
    host.deploy(FIRST, "blue")
    assert end(host, "green") == "iris green: in use or empty, left alone"


def test_a_run_that_holds_the_lock_postpones_the_end(warm: FakeHost) -> None:
    acquired = warm.step("acquire", run=a_run("later"))

    def let_go() -> None:
        refused = {"outcome": "aborted", "record": {"result": "refused"}}
        ending = {**refused, "generation": acquired["generation"]}
        warm.step("conclude", run=a_run("later"), **ending)

    warm.clock.after(400, let_go)
    began = warm.clock.now
    assert end(warm, "blue") == "iris blue: stopped"
    assert 400 <= warm.clock.now - began < 410


def test_a_slot_that_a_run_goes_back_to_meanwhile_stays(warm: FakeHost) -> None:
    acquired = warm.step("acquire", run=a_run("back"))
    common = {"run": a_run("back"), "generation": acquired["generation"]}

    def go_back() -> None:
        warm.step("start", **common, slot="blue", release_id=FIRST)
        good = {"outcome": "good", "release_id": FIRST, "active_slot": "blue"}
        assert warm.step("conclude", **common, **good)["ok"]

    warm.clock.after(400, go_back)
    assert end(warm, "blue") == "iris blue: in use or empty, left alone"
    assert "iris-blue-api-1-1" in warm.running()


def test_a_draining_slot_ends_when_its_last_connection_does(host: FakeHost) -> None:
    _undo_second(host)
    host.connections[100] = [connection()]
    host.clock.after(9, host.connections.clear)
    began = host.clock.now
    assert end(host, "green") == "iris green: stopped"
    assert 9 <= host.clock.now - began < 11


def test_a_draining_slot_ends_at_its_deadline_at_the_latest(host: FakeHost) -> None:
    _undo_second(host)
    host.connections[100] = [connection()]
    began = host.clock.now
    assert end(host, "green") == "iris green: stopped"
    assert 29 <= host.clock.now - began < 32


def test_after_a_reboot_a_warm_slot_lives_by_the_wall_clock(warm: FakeHost) -> None:
    warm.clock.sleep(100)
    warm.clock.boot = "boot-2"
    began = warm.clock.now
    end(warm, "blue")
    assert 199 < warm.clock.now - began < 202


def test_a_boot_starts_what_is_on_record_and_stops_what_is_not(warm: FakeHost) -> None:
    for one in warm.engine.here.values():
        one["State"]["Status"] = "exited"
    warm.engine.start("iris-blue-api-1-1")
    warm.engine.start("iris-blue-mail-1-1")  # as a policy `always` would
    lines = list(boot(warm.root, warm.tools))
    assert lines == [
        "iris blue: warm for 300 s",
        "iris green: serves, started iris-green-api-1-1, iris-green-mail-1-1",
    ]
    assert warm.running() == ["iris-blue-api-1-1", "iris-green-api-1-1", "iris-green-mail-1-1"]
    assert "--on-active=300s" in warm.commands[-1]


def test_a_boot_in_the_middle_of_a_run_leaves_only_the_recorded_slot(host: FakeHost) -> None:
    host.deploy(FIRST, "blue")
    acquired = host.step("acquire", run=a_run("x"), services=[{"name": "api", "replicas": 1}])
    common = {"run": a_run("x"), "generation": acquired["generation"], "slot": "green"}
    host.step("stage", **common, manifest=a_manifest(SECOND), then_start=True)
    assert list(boot(host.root, host.tools)) == [
        "iris blue: serves, started nothing",
        "iris green: not on record, stopped",
    ]
    assert host.running() == ["iris-blue-api-1-1", "iris-blue-mail-1-1"]
    again = host.step("start", **common, release_id=SECOND)
    assert (again["ok"], again["changed"]) == (True, True)


def test_one_application_s_broken_record_does_not_hold_up_another(warm: FakeHost) -> None:
    broken = warm.root / "broken"
    broken.mkdir()
    (broken / "state.json").write_text("{")
    lines = list(boot(warm.root, warm.tools))
    assert lines[0].startswith(f"broken: {broken}/state.json: not valid JSON")
    assert len(lines) == 3


def test_a_timer_that_exists_already_is_replaced(host: FakeHost) -> None:
    taken = [True]

    def run(argv: Any, **rest: Any) -> Any:
        done = host.run(argv, **rest)
        if argv[0] == "systemd-run" and taken.pop() if taken else False:
            return type(done)(1, "", "Unit rollway-reap-iris-blue.timer was already loaded")
        return done

    assert arm(run, "iris", "blue", seconds=5) == ""
    assert [argv[:2] for argv in host.commands] == [
        ["systemd-run", "--quiet"],
        ["systemctl", "stop"],
        ["systemctl", "reset-failed"],
        ["systemd-run", "--quiet"],
    ]


@pytest.mark.parametrize(
    ("seconds", "option"),
    [
        pytest.param(300.0, "--on-active=300s", id="as long as asked"),
        pytest.param(-5.0, "--on-active=1s", id="never in the past"),
    ],
)
def test_the_timer_waits_for_whole_seconds(seconds: float, option: str) -> None:
    assert option in arm_arguments("iris", "blue", seconds)


def test_a_host_without_the_unit_says_so(host: FakeHost) -> None:
    (host.root.parent / "rollway-host").unlink()
    host.deploy(FIRST, "blue")
    acquired = host.step("acquire", services=[{"name": "api", "replicas": 1}])
    common = {"generation": acquired["generation"], "slot": "green"}
    host.step("stage", **common, manifest=a_manifest(SECOND), then_start=True)
    result = host.step("conclude", **common, outcome="good", release_id=SECOND, active_slot="green")
    assert result["ok"]
    assert "slot blue stays up until the next deploy" in result["remarks"][0]


def test_the_unit_is_this_very_package() -> None:
    files = wanted_files()
    assert LIBRARY / "rollway_host/reap.py" in files
    start = next(text for path, text in files.items() if path.name == "rollway-host")
    compile(start, "rollway-host", "exec")


def _undo_second(host: FakeHost) -> None:
    host.deploy(FIRST, "blue")
    acquired = host.step("acquire", run=a_run("x"), services=[{"name": "api", "replicas": 1}])
    common = {"run": a_run("x"), "generation": acquired["generation"], "slot": "green"}
    host.step("stage", **common, manifest=a_manifest(SECOND), then_start=True)
    host.step("undo", **common)
    host.step("conclude", **common, outcome="bad", release_id=SECOND)
