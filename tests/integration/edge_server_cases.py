"""Servers that die, freeze or fail, and what a real HAProxy makes of them; see edge_cases."""

from __future__ import annotations

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from tests.integration.edge_case import case
from tests.integration.edge_looks import (
    files,
    frozen,
    line,
    nothing_lost,
    ready,
    two_hosts,
    until,
    watch,
)
from tests.integration.edge_rig import BACKEND, Rig, free_port, rig
from tests.load import Load, Report

ONE_CHECK_SECONDS = 1.5  # of silence fail one check of a new server, and not two
KNOWN_SECONDS = 3.5  # a server alone in its silence is known to be so after 2.3 s at most
ALL_SILENT_SECONDS = 4.0
FREEZES = 4


@case
def a_dead_server_stays_down_over_a_reload() -> str:
    with two_hosts() as edge:
        edge.models["b-blue-1"].stop()
        until(lambda: edge.running()["b-blue-1"].is_down)
        load = edge.load()
        seen: set[str] = set()
        watching = watch(edge, "b-blue-1", seen)
        edge.add("c-blue-1", "v-blue")
        result = edge.good(servers=edge.servers("a-blue-1", "b-blue-1", "c-blue-1"))
        time.sleep(2)
        watching.set()
        report = load.stop()
        assert result["reloaded"]
        assert "ready up" not in seen, seen  # "drain up", on the way, gets no request
        assert edge.running()["b-blue-1"].is_down
        edge.models["b-blue-1"].start()
        until(lambda: edge.running()["b-blue-1"].is_serving)
        assert "disabled" not in line(edge, "b-blue-1")
    nothing_lost(report)
    return f"seen of the dead one: {sorted(seen)}; {report.sentence()}"


@case
def a_dead_server_of_another_application_stays_down() -> str:
    with two_hosts() as edge:
        edge.models["b-blue-1"].stop()
        until(lambda: edge.running()["b-blue-1"].is_down)
        seen: set[str] = set()
        watching = watch(edge, "b-blue-1", seen)
        other = {**BACKEND, "hosts": ["other.example"]}
        servers = [{**edge.servers("a-blue-1")[0], "name": "x-blue-1"}]
        result = edge.good(app="other", backend=other, servers=servers)
        time.sleep(1)
        watching.set()
        assert result["reloaded"]
        assert "ready up" not in seen, seen  # "drain up", on the way, gets no request
        assert edge.running()["b-blue-1"].is_down
    return f"seen of the dead one: {sorted(seen)}"


@case
def a_server_that_does_not_answer_enters_as_down() -> str:
    with two_hosts() as edge:
        edge.models["a-green-1"].stop()
        seen: set[str] = set()
        watching = watch(edge, "a-green-1", seen)
        result = edge.good(servers=edge.servers("a-green-1", "b-green-1"))
        time.sleep(0.5)
        watching.set()
        assert "ready up" not in seen, seen
        assert result["remarks"], "nobody was told"
        edge.models["a-green-1"].start()
        until(lambda: edge.running()["a-green-1"].is_serving)
    return str(result["remarks"][0])


@case
def a_probe_refuses_what_is_not_ready_and_nothing_is_shifted() -> str:
    with two_hosts() as edge:
        edge.models["b-green-1"].is_ready = False
        before = files(edge)
        names = ["a-green-1", "b-green-1"]
        result = edge.step(servers=edge.servers(*names), probe=names, probe_seconds=0.3)
        assert not result["ok"]
        assert "b-green-1: it answered 503" in result["problem"]["found"], result["problem"]
        assert files(edge) == before
        assert ready(edge) == {"a-blue-1", "b-blue-1"}
    return str(result["problem"]["found"])


@case
def a_probe_waits_for_what_becomes_ready() -> str:
    with two_hosts() as edge:
        late = edge.models["b-green-1"]
        late.is_ready = False
        begun = late.probes

        def become_ready() -> None:
            until(lambda: late.probes >= begun + 3)
            late.is_ready = True

        threading.Thread(target=become_ready, daemon=True).start()
        result = edge.shift("a-green-1", "b-green-1", probe_seconds=8.0)
        assert late.probes > begun + 3, "it did not wait"
    return f"probe took {result['timings']['probe']} s"


@case
def a_release_that_fails_under_traffic_is_seen() -> str:
    with two_hosts() as edge:
        load = edge.load()
        edge.models["a-green-1"].is_failing = True
        names = ["a-green-1"]
        servers = edge.servers("a-green-1", "b-blue-1")
        result = edge.step(servers=servers, probe=names, observe_seconds=1.0)
        edge.good(servers=edge.servers("a-blue-1", "b-blue-1"))
        load.stop()
        assert not result["ok"]
        assert result["observed"]["a-green-1"]["errors_5xx"] > 0
    return str(result["problem"]["found"])


@case
def a_server_that_goes_down_ends_the_watch_early() -> str:
    with two_hosts() as edge:
        names = ["a-green-1"]

        def go_down() -> None:
            until(lambda: edge.running()["a-green-1"].is_ready)
            edge.models["a-green-1"].stop()

        threading.Thread(target=go_down, daemon=True).start()
        servers = edge.servers("a-green-1", "b-blue-1")
        result = edge.step(servers=servers, probe=names, observe_seconds=20.0)
        assert not result["ok"]
        assert result["observed"]["a-green-1"]["went_down"]
        assert result["seconds"] < 6, result["seconds"]
    return f"{result['problem']['found']} after {result['seconds']:.1f} s"


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
            until(lambda: edge.running()["a-blue-1"].is_down)
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


@case
def a_server_that_answers_503_keeps_its_streams() -> str:
    with two_hosts() as edge:
        load = edge.load()
        time.sleep(1)
        edge.models["a-blue-1"].is_ready = False
        until(lambda: edge.running()["a-blue-1"].is_down, seconds=5)
        time.sleep(2.5)  # a stream takes 2 s: whichever server has it, it ends meanwhile
        edge.models["a-blue-1"].is_ready = True
        until(lambda: not edge.running()["a-blue-1"].is_down, seconds=5)
        report = load.stop()
    nothing_lost(report)
    return f"{report.streams}"


@case
def an_ipv6_server_is_reached() -> str:
    with rig() as edge:
        port = free_port()
        server = {"name": "a-blue-1", "host": "a", "slot": "blue", "address": "::1", "port": port}
        result = edge.good(servers=[{**server, "state": "maint", "weight": 100}])
        assert result["servers"][0]["address"] == "::1"
    return json.dumps(result["servers"])


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
