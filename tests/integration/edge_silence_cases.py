"""Servers that say nothing any more, alone or all at once, at a real HAProxy; see edge_cases."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

from tests.integration.edge_case import case
from tests.integration.edge_looks import (
    NEVER_SECONDS,
    frozen,
    is_cut,
    nothing_lost,
    serving,
    steady_load,
    two_hosts,
    unless_starved,
    until,
)
from tests.integration.edge_rig import Rig
from tests.load import Report, StarvedError

KNOWN_SECONDS = 3.5  # a server alone in its silence is known to be so after 2.3 s at most
STAYS_OUT_SECONDS = 3.0
ALL_SILENT_SECONDS = 4.0
LOOKS_SECONDS = 0.3  # the edge's watch has looked by then; the next check fails after 1 s
FREEZES = 4


@case
def a_server_that_freezes_holds_nobody_up_for_long() -> str:
    with two_hosts() as edge:
        load = steady_load(edge)
        with frozen(edge, "a-blue-1"):
            until(lambda: is_cut(edge, "a-blue-1"))
            time.sleep(STAYS_OUT_SECONDS)
        report = load.stop()
    with unless_starved(report):
        _cut_at_once(report)
        assert report.slowest < KNOWN_SECONDS, report.slowest
    return f"{report.failed} lost, slowest {report.slowest:.2f} s"


@case
def a_server_that_has_just_come_in_may_be_late_once() -> str:
    with two_hosts() as edge:
        return _late_once(edge)


@case
def a_slot_that_failed_before_may_be_late_once_all_the_same() -> str:
    with two_hosts() as edge:
        edge.shift("a-green-1", "b-green-1")
        load = steady_load(edge)
        with frozen(edge, "a-green-1"):
            until(lambda: is_cut(edge, "a-green-1"))  # so the edge's watch has seen it down
            edge.shift("a-blue-1", "b-blue-1")
        load.stop()
        return _late_once(edge)


@case
def a_frozen_server_is_lost_although_another_is_late_now_and_then() -> str:
    with two_hosts() as edge:
        edge.models["b-blue-1"].is_late_every_other_time = True
        load = edge.load(rate=20)  # says whether this machine stood still
        took = []
        for _ in range(FREEZES):
            began = time.monotonic()
            with frozen(edge, "a-blue-1"):
                until(lambda: edge.running()["a-blue-1"].is_down)
            took.append(round(time.monotonic() - began, 1))
            until(lambda: edge.running()["a-blue-1"].is_serving)
        other = edge.running()["b-blue-1"]
        report = load.stop()
    with unless_starved(report):
        assert other.is_serving
        assert max(took) < KNOWN_SECONDS, took
    return f"after {took} s"


@case
def servers_that_freeze_all_at_once_keep_what_they_have() -> str:
    with two_hosts() as edge:
        load = steady_load(edge)
        with frozen(edge, "a-blue-1", "b-blue-1"):
            time.sleep(ALL_SILENT_SECONDS)
        return _waited_out(load.stop(), ALL_SILENT_SECONDS)


@case
def a_server_that_stays_frozen_is_cut_once_another_answers() -> str:
    with two_hosts() as edge:
        load = steady_load(edge)
        with frozen(edge, "a-blue-1"):
            with frozen(edge, "b-blue-1"):
                time.sleep(ALL_SILENT_SECONDS)
            until(lambda: is_cut(edge, "a-blue-1"))  # it is down first, and cut by the next look
        report = load.stop()
    with unless_starved(report):
        assert _cut_at_once(report) > ALL_SILENT_SECONDS, "cut while nobody answered"
    return report.sentence()


@case
def a_silence_of_all_ends_after_ten_seconds() -> str:
    with two_hosts() as edge, frozen(edge, "a-blue-1", "b-blue-1"):
        began = time.monotonic()
        with ThreadPoolExecutor(1) as pool:
            waits = pool.submit(edge.ask, patience=3 * NEVER_SECONDS)
            until(lambda: edge.running()["a-blue-1"].is_down)
            until(lambda: edge.running()["b-blue-1"].is_down)
            took = time.monotonic() - began
            until(waits.done)
        assert took > 10, f"after {took:.1f} s nobody was up"
        assert edge.ask()[0] == 503
    return f"nobody was up after {took:.1f} s, and what waited was ended"


@case
def a_release_that_freezes_everywhere_is_seen() -> str:
    with two_hosts() as edge:
        names = ["a-green-1", "b-green-1"]

        def freeze() -> None:
            until(lambda: edge.running()["b-green-1"].is_ready)
            for name in names:
                edge.models[name].awake.clear()

        threading.Thread(target=freeze, daemon=True).start()
        servers = edge.servers(*names)
        result = edge.step(servers=servers, probe=names, observe_seconds=NEVER_SECONDS)
        assert not result["ok"]
        assert any(seen["went_down"] for seen in result["observed"].values())
        assert len(serving(edge)) == len(names), "seen only when the edge had given them up"
    return f"{result['problem']['found']} after {result['seconds']:.1f} s"


def _cut_at_once(report: Report) -> float:
    """What was lost is only what waited there when it was cut; the second in which that was."""
    ends = [float(line.partition(" s")[0]) for line in report.lost]
    assert ends, "nothing was cut"
    assert max(ends) - min(ends) < 0.5, report.lost
    return min(ends)


def _late_once(edge: Rig) -> str:
    """One that a shift has just made ready stays up when its first check fails."""
    load = steady_load(edge)
    edge.shift("a-green-1", "b-green-1")
    before, began = _failed_checks(edge), time.monotonic()
    with frozen(edge, "a-green-1"):
        until(lambda: _failed_checks(edge) > before)
        then = edge.running()["a-green-1"]
        time.sleep(LOOKS_SECONDS)
    seconds, failed = time.monotonic() - began, _failed_checks(edge) - before
    report = load.stop()
    if failed > 1:
        raise StarvedError(f"it was late {failed} times, for {seconds:.1f} s in all")
    assert then.is_serving, "one check took it out"
    return _waited_out(report, seconds)


def _failed_checks(edge: Rig) -> int:
    return edge.running()["a-green-1"].counters.failed_checks


def _waited_out(report: Report, seconds: float) -> str:
    """After a silence of so long: all requests were answered, the slowest after most of it."""
    nothing_lost(report)
    with unless_starved(report):
        assert report.slowest > seconds - 0.5, "nobody waited"
    return report.sentence()
