"""What is written for a real HAProxy, and what it refuses; see edge_cases."""

from __future__ import annotations

from tests.integration.edge_case import case
from tests.integration.edge_looks import files, nothing_lost, ready, two_hosts
from tests.integration.edge_rig import BACKEND, rig

# which requests for api.example belong to the application with the path /v1
SEEN = {"/v1": True, "/v1/x": True, "/v1x": False, "/": False}


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
