"""What the edge has to do, on a real HAProxy under load; runs where HAProxy is, see edge_place.

Each case stands alone. `python3 -m tests.integration.edge_cases` runs all and prints JSON.
"""

from __future__ import annotations

import json
import sys
import threading
import time
import traceback
from concurrent.futures import ThreadPoolExecutor

from ansible.module_utils.rollway.edge_reload import reload

from tests.integration import (  # noqa: F401 - they enter themselves in CASES
    edge_file_cases,
    edge_maintenance_cases,
    edge_release_cases,
    edge_server_cases,
    edge_silence_cases,
    edge_websocket_cases,
)
from tests.integration.edge_case import CASES, Case, case
from tests.integration.edge_looks import (
    deaf_master,
    established,
    line,
    nothing_lost,
    ready,
    steady_load,
    two_hosts,
    unless_starved,
    until,
)
from tests.load import judged

__all__ = ["CASES", "main"]
AT_ONCE = 5
FLIPS = 20
RELOADS = 5
HOT_SECONDS = 0.25


@case
def flips_under_load_lose_nothing() -> str:
    with two_hosts() as edge:
        load = edge.load()
        took = []
        for turn in range(FLIPS):
            slot = ("green", "blue")[turn % 2]
            result = edge.shift(f"a-{slot}-1", f"b-{slot}-1")
            took.append(result["seconds"])
            assert not result["reloaded"], "a flip took a reload"
            time.sleep(0.2)
        report = load.stop()
    nothing_lost(report)
    median = sorted(took)[FLIPS // 2]
    with unless_starved(report):
        assert set(report.versions) == {"v-blue", "v-green"}, report.versions
        assert median < HOT_SECONDS, took
    times = f"median {median * 1000:.0f} ms, longest {max(took) * 1000:.0f} ms"
    return f"{FLIPS} flips, {times}; {report.sentence()}"


@case
def reloads_for_topology_under_load_lose_nothing() -> str:
    with two_hosts() as edge:
        load = steady_load(edge)
        for number in range(RELOADS):
            edge.add(f"c-blue-{number + 1}", "v-blue")
            names = [name for name in edge.models if "-blue-" in name]
            assert edge.shift(*names)["reloaded"], "a new server did not take a reload"
            time.sleep(0.7)
        report = load.stop()
        settled = edge.step("settle")
    nothing_lost(report)
    assert settled["ok"], settled["problem"]
    assert settled["old_workers"] == 0
    return f"{RELOADS} reloads; {report.sentence()}"


@case
def a_shift_to_nobody_is_refused() -> str:
    with two_hosts() as edge:
        edge.models["a-green-1"].stop()
        edge.models["b-green-1"].stop()
        result = edge.step(servers=edge.servers("a-green-1", "b-green-1"))
        assert not result["ok"]
        assert ready(edge) == {"a-blue-1", "b-blue-1"}
        assert edge.good(servers=edge.servers())["ok"], "all in maint is a wish like any other"
    return str(result["problem"]["found"])


@case
def what_was_changed_behind_its_back_is_put_right() -> str:
    with two_hosts() as edge:
        edge.told("set server rollway_iris/a-green-1 state ready")
        edge.told("set server rollway_iris/b-blue-1 weight 7")
        result = edge.good(servers=edge.servers("a-blue-1", "b-blue-1"))
        assert set(result["shifted"]) == {"a-green-1", "b-blue-1"}
        assert not result["reloaded"]
    return "; ".join(result["commands"])


@case
def a_command_that_has_no_effect_is_reported() -> str:
    with two_hosts() as edge, deaf_master(edge) as deaf:
        result = edge.step(servers=edge.servers("a-green-1", "b-green-1"), master_socket=deaf)
        assert not result["ok"], "the missing change was not noticed"
        assert "a-blue-1 is ready" in result["problem"]["found"], result["problem"]
    return str(result["problem"]["found"])


@case
def a_reload_behind_its_back_does_not_undo_a_shift() -> str:
    with two_hosts() as edge:
        edge.shift("a-green-1", "b-green-1")
        reload(edge.master)  # HAProxy 2.6 answers before it is done
        until(lambda: not edge.master.processes().old)
        assert ready(edge) == {"a-green-1", "b-green-1"}
        result = edge.shift("a-green-1", "b-green-1")
        assert not result["changed"], result["commands"]
    return "the file says what the run time said"


@case
def a_shift_is_recorded_with_its_worker() -> str:
    with two_hosts() as edge:
        first = edge.shift("a-green-1", "b-blue-1")["shifts"]
        worker = edge.master.processes().current
        assert {place: shift["worker"] for place, shift in first.items()} == {"a/blue": worker}
        assert first["a/blue"]["run"] == "run-1"
        second = edge.shift("a-green-1", "b-green-1", run_id="run-2")["shifts"]
        assert second["a/blue"] == first["a/blue"], "it left rotation before this run"
        assert second["b/blue"]["run"] == "run-2"
        assert "a/blue" not in edge.shift("a-blue-1", "b-blue-1")["shifts"]
    return json.dumps(second)


@case
def weights_move_without_a_reload() -> str:
    with two_hosts() as edge:
        both = ("a-blue-1", "a-green-1")
        for weight in (5, 256, 0):
            result = edge.good(servers=edge.servers(*both, a_green_1=weight))
            assert not result["reloaded"]
            assert edge.running()["a-green-1"].weight == weight
            assert f"weight {weight}" in line(edge, "a-green-1")
    return str(result["commands"])


@case
def the_second_time_nothing_changes() -> str:
    with two_hosts() as edge:
        before = {path: path.stat().st_mtime_ns for path in edge.folder.rglob("*.cfg")}
        result = edge.shift("a-blue-1", "b-blue-1")
        assert not result["changed"]
        assert {path: path.stat().st_mtime_ns for path in before} == before
    return f"{result['seconds'] * 1000:.1f} ms"


@case
def a_stream_longer_than_a_reload_is_not_cut() -> str:
    with two_hosts() as edge:
        until(lambda: not edge.master.processes().old)
        load = edge.load(rate=10, stream_seconds=6.0)
        until(lambda: any(model.streams for model in edge.models.values()))
        edge.add("c-blue-1", "v-blue")
        edge.shift("a-blue-1", "b-blue-1", "c-blue-1")
        busy = edge.step("read")["old_workers"]
        early = edge.step("settle", deadline_seconds=0.1)
        settled = edge.step("settle", deadline_seconds=20.0)
        report = load.stop()
        assert settled["ok"], settled["problem"]
    with unless_starved(report):
        assert busy == 1, "the old worker had gone with the stream on it"
        assert not early["ok"], "settle did not wait for the stream"
    nothing_lost(report)
    return str(early["problem"]["found"])


@case
def two_at_once_take_turns() -> str:
    with two_hosts() as edge:
        results: list[bool] = []

        def work(slot: str) -> None:
            results.extend(edge.shift(f"a-{slot}-1", f"b-{slot}-1")["ok"] for _ in range(5))

        threads = [threading.Thread(target=work, args=(slot,)) for slot in ("blue", "green")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert results == [True] * 10
        assert len(ready(edge)) == 2
    return "10 shifts"


@case
def idle_connections_to_a_slot_end_after_its_shift() -> str:
    with two_hosts() as edge:
        load = steady_load(edge)
        edge.shift("a-green-1", "b-green-1")
        began = time.monotonic()
        port = edge.models["a-blue-1"].port
        until(lambda: established(port) == 0)
        took = time.monotonic() - began
        report = load.stop()
    nothing_lost(report)
    return f"{took:.1f} s until no connection was left (streams of 2 s included)"


def main() -> int:
    """Run the cases named on the command line, or all; what each said, as JSON."""
    wanted = sys.argv[1:] or list(CASES)
    with ThreadPoolExecutor(AT_ONCE) as pool:  # most of their time they wait
        results = dict(zip(wanted, pool.map(lambda name: _run(CASES[name]), wanted), strict=True))
    print(json.dumps(results))
    return 0


def _run(case: Case) -> dict[str, object]:
    began, starved = time.monotonic(), list[str]()
    try:
        said, is_ok = judged(case, say=starved.append), True
    except Exception:  # noqa: BLE001 - the test that waits for it shows it
        said, is_ok = traceback.format_exc(), False
    seconds = round(time.monotonic() - began, 1)
    return {"ok": is_ok, "said": "\n".join([*starved, said]), "seconds": seconds}


if __name__ == "__main__":
    sys.exit(main())
