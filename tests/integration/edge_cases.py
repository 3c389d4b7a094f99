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

from tests.integration import (  # noqa: F401 - they enter themselves in CASES
    edge_maintenance_cases,
    edge_websocket_cases,
)
from tests.integration.edge_case import CASES, Case, case
from tests.integration.edge_looks import (
    deaf_master,
    established,
    files,
    line,
    nothing_lost,
    ready,
    two_hosts,
    until,
    watch,
)
from tests.integration.edge_rig import BACKEND, free_port, rig

__all__ = ["CASES", "main"]
AT_ONCE = 3
FLIPS = 20
RELOADS = 5
HOT_SECONDS = 0.25
# which requests for api.example belong to the application with the path /v1
SEEN = {"/v1": True, "/v1/x": True, "/v1x": False, "/": False}


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
    assert set(report.versions) == {"v-blue", "v-green"}, report.versions
    median = sorted(took)[FLIPS // 2]
    assert median < HOT_SECONDS, took
    times = f"median {median * 1000:.0f} ms, longest {max(took) * 1000:.0f} ms"
    return f"{FLIPS} flips, {times}; {report.sentence()}"


@case
def reloads_for_topology_under_load_lose_nothing() -> str:
    with two_hosts() as edge:
        load = edge.load()
        time.sleep(1)
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
def a_bad_fragment_is_refused_and_nothing_changes() -> str:
    with two_hosts() as edge:
        before = files(edge)
        pid = edge.master.processes().current
        (edge.folder / "rollway.d" / "zz.cfg").write_text("backend zz\n  nonsense here\n")
        edge.add("c-blue-1", "v-blue")
        result = edge.step(servers=edge.servers("a-blue-1", "b-blue-1", "c-blue-1"))
        assert not result["ok"]
        assert "nonsense" in result["problem"]["found"], result["problem"]
        (edge.folder / "rollway.d" / "zz.cfg").unlink()
        assert files(edge) == before
        assert edge.master.processes().current == pid
    return str(result["problem"]["found"])


@case
def a_reload_that_fails_leaves_the_last_good_files() -> str:
    with two_hosts() as edge:
        before, main = files(edge), edge.folder / "haproxy.cfg"
        good = main.read_text()
        main.write_text(good.replace("global\n", "global\n  pidfile /nowhere/pid\n"))
        load = edge.load()
        back = edge.servers("a-green-1", "b-green-1")
        edge.add("c-blue-1", "v-blue")
        wanted = edge.servers("a-blue-1", "b-blue-1", "c-blue-1")
        result = edge.step(servers=wanted)
        assert not result["ok"], "a file that cannot be written did no harm"
        assert files(edge) == before
        moved = edge.good(servers=back)
        assert not moved["reloaded"], "traffic moves on the worker that is left"
        main.write_text(good)
        again = edge.good(servers=wanted)
        report = load.stop()
        assert again["reloaded"]
    nothing_lost(report)
    return f"{result['problem']['found']}; {report.sentence()}"


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
        edge.master.reload()
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
def check_mode_tells_and_changes_nothing() -> str:
    with rig() as edge:
        edge.add("a-blue-1", "v-blue")
        before = files(edge)
        first = edge.foresee(servers=edge.servers("a-blue-1"))
        assert first["ok"], first["problem"]
        assert (first["changed"], first["reloaded"]) == (True, True)
        assert "server a-blue-1" in first["diff"][0]["after"]
        assert files(edge) == before
        assert not (edge.folder / "root").exists()
        edge.shift("a-blue-1")
        second = edge.foresee(servers=edge.servers())
        assert second["commands"] == ["set server rollway_iris/a-blue-1 state maint"]
        assert ready(edge) == {"a-blue-1"}
    return str(second["diff"][1]["prepared"])


@case
def remove_takes_fragment_and_routes_out() -> str:
    with two_hosts() as edge:
        removed = edge.step("remove")
        assert removed["ok"], removed["problem"]
        assert not edge.fragment.exists()
        assert (edge.folder / "rollway.map").read_text() == ""
        assert edge.running() == {}
        again = edge.step("remove")
        assert not again["changed"]
    return "gone"


@case
def routes_part_applications() -> str:
    with two_hosts() as edge:
        api = {**BACKEND, "hosts": ["api.example"], "path": "/v1"}
        servers = [{**edge.servers("a-blue-1")[0], "name": "x-blue-1"}]
        edge.good(app="other", backend=api, servers=servers)
        routed = (edge.folder / "rollway.map").read_text()
        assert routed == "*/ iris\napi.example/v1/ other\n", routed
        other = edge.models["a-blue-1"]
        hits = {target: edge.hits(other, target, host="api.example") for target in SEEN}
        assert hits == SEEN, hits
        clash = edge.step(app="third", backend=api, servers=servers)
        assert "is routed to other" in clash["problem"]["found"]
    return str(clash["problem"]["found"])


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
    assert busy == 1, "the old worker had gone with the stream on it"
    assert not early["ok"], "settle did not wait for the stream"
    nothing_lost(report)
    return str(early["problem"]["found"])


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
        edge.models["a-blue-1"].awake.clear()
        time.sleep(5)
        edge.models["a-blue-1"].awake.set()
        report = load.stop()
    ends = [float(line.partition(" s")[0]) for line in report.lost]
    assert max(ends, default=0) - min(ends, default=0) < 0.5, (
        report.lost
    )  # only what waited there when it was cut
    assert report.slowest < 3.5, report.slowest
    return f"{report.failed} lost, slowest {report.slowest:.2f} s"


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
        load = edge.load()
        time.sleep(1)
        edge.shift("a-green-1", "b-green-1")
        began = time.monotonic()
        port = edge.models["a-blue-1"].port
        until(lambda: established(port) == 0, seconds=15)
        took = time.monotonic() - began
        report = load.stop()
    nothing_lost(report)
    return f"{took:.1f} s until no connection was left (streams of 2 s included)"


@case
def an_ipv6_server_is_reached() -> str:
    with rig() as edge:
        port = free_port()
        server = {"name": "a-blue-1", "host": "a", "slot": "blue", "address": "::1", "port": port}
        result = edge.good(servers=[{**server, "state": "maint", "weight": 100}])
        assert result["servers"][0]["address"] == "::1"
    return json.dumps(result["servers"])


@case
def a_broken_record_stops_the_step_and_is_kept() -> str:
    with two_hosts() as edge:
        record = edge.folder / "root" / "apps.d" / "iris.json"
        record.write_text(record.read_text()[:-20])
        broken = record.read_text()
        result = edge.step(servers=edge.servers("a-green-1"))
        assert not result["ok"]
        assert result["problem"]["where"] == str(record)
        assert record.read_text() == broken
        assert ready(edge) == {"a-blue-1", "b-blue-1"}
    return str(result["problem"]["found"])


def main() -> int:
    """Run the cases named on the command line, or all; what each said, as JSON."""
    wanted = sys.argv[1:] or list(CASES)
    with ThreadPoolExecutor(AT_ONCE) as pool:  # most of their time they wait
        results = dict(zip(wanted, pool.map(lambda name: _run(CASES[name]), wanted), strict=True))
    print(json.dumps(results))
    return 0


def _run(case: Case) -> dict[str, object]:
    began = time.monotonic()
    try:
        said, is_ok = case(), True
    except Exception:  # noqa: BLE001 - the test that waits for it shows it
        said, is_ok = traceback.format_exc(), False
    return {"ok": is_ok, "said": said, "seconds": round(time.monotonic() - began, 1)}


if __name__ == "__main__":
    sys.exit(main())
