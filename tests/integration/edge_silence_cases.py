"""Servers that say nothing any more, alone or all at once, at a real HAProxy; see edge_cases."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

from tests.integration.edge_case import case
from tests.integration.edge_looks import frozen, is_cut, nothing_lost, two_hosts, until
from tests.integration.edge_rig import Rig
from tests.load import Load, Report

ONE_CHECK_SECONDS = 1.5  # of silence fail one check of a new server, and not two
KNOWN_SECONDS = 3.5  # a server alone in its silence is known to be so after 2.3 s at most
ALL_SILENT_SECONDS = 4.0
FREEZES = 4


@case
def a_server_that_freezes_holds_nobody_up_for_long() -> str:
    with two_hosts() as edge:
        load = edge.load()
        time.sleep(1)
        with frozen(edge, "a-blue-1"):
            time.sleep(5)
        report = load.stop()
    _cut_at_once(report)
    assert report.slowest < 3.5, report.slowest
    return f"{report.failed} lost, slowest {report.slowest:.2f} s"


@case
def a_server_that_has_just_come_in_may_be_late_once() -> str:
    with two_hosts() as edge:
        return _late_once(edge)


@case
def a_slot_that_failed_before_may_be_late_once_all_the_same() -> str:
    with two_hosts() as edge:
        edge.shift("a-green-1", "b-green-1")
        with frozen(edge, "a-green-1"):
            until(lambda: edge.running()["a-green-1"].is_down)
            edge.shift("a-blue-1", "b-blue-1")
        return _late_once(edge)


@case
def a_frozen_server_is_lost_although_another_is_late_now_and_then() -> str:
    with two_hosts() as edge:
        edge.models["b-blue-1"].is_late_every_other_time = True
        took = []
        for _ in range(FREEZES):
            began = time.monotonic()
            with frozen(edge, "a-blue-1"):
                until(lambda: edge.running()["a-blue-1"].is_down)
            took.append(round(time.monotonic() - began, 1))
            until(lambda: edge.running()["a-blue-1"].is_serving)
        assert edge.running()["b-blue-1"].is_serving
        assert max(took) < KNOWN_SECONDS, took
    return f"after {took} s"


@case
def servers_that_freeze_all_at_once_keep_what_they_have() -> str:
    with two_hosts() as edge:
        load = edge.load()
        time.sleep(1)
        return _waited_out(edge, load, ALL_SILENT_SECONDS, "a-blue-1", "b-blue-1")


@case
def a_server_that_stays_frozen_is_cut_once_another_answers() -> str:
    with two_hosts() as edge:
        load = edge.load()
        time.sleep(1)
        with frozen(edge, "a-blue-1"):
            with frozen(edge, "b-blue-1"):
                time.sleep(ALL_SILENT_SECONDS)
            until(lambda: is_cut(edge, "a-blue-1"))  # it is down first, and cut by the next look
        report = load.stop()
    assert _cut_at_once(report) > ALL_SILENT_SECONDS, "cut while nobody answered"
    return report.sentence()


@case
def a_silence_of_all_ends_after_ten_seconds() -> str:
    with two_hosts() as edge, frozen(edge, "a-blue-1", "b-blue-1"):
        began = time.monotonic()
        with ThreadPoolExecutor(1) as pool:
            waits = pool.submit(edge.ask, patience=30.0)
            until(lambda: edge.running()["a-blue-1"].is_down, seconds=20)
            until(lambda: edge.running()["b-blue-1"].is_down)
            took = time.monotonic() - began
            until(waits.done, seconds=2)
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
        result = edge.step(servers=edge.servers(*names), probe=names, observe_seconds=20.0)
        assert not result["ok"]
        assert any(seen["went_down"] for seen in result["observed"].values())
        assert result["seconds"] < 8, result["seconds"]
    return f"{result['problem']['found']} after {result['seconds']:.1f} s"


def _cut_at_once(report: Report) -> float:
    """What was lost is only what waited there when it was cut; the second in which that was."""
    ends = [float(line.partition(" s")[0]) for line in report.lost]
    assert ends, "nothing was cut"
    assert max(ends) - min(ends) < 0.5, report.lost
    return min(ends)


def _late_once(edge: Rig) -> str:
    load = edge.load()
    edge.shift("a-green-1", "b-green-1")
    return _waited_out(edge, load, ONE_CHECK_SECONDS, "a-green-1")


def _waited_out(edge: Rig, load: Load, seconds: float, *names: str) -> str:
    """Freeze servers for so long; all requests are answered, the slowest after most of it."""
    with frozen(edge, *names):
        time.sleep(seconds)
    report = load.stop()
    nothing_lost(report)
    assert report.slowest > seconds - 0.5, "nobody waited"
    return report.sentence()
