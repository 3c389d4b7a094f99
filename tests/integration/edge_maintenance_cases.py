"""A page of maintenance at a real HAProxy; see edge_cases."""

from __future__ import annotations

import json
import threading
import urllib.request

from tests.integration.edge_case import case
from tests.integration.edge_looks import ready, two_hosts, until
from tests.integration.edge_rig import Rig


@case
def a_page_of_maintenance_is_shown_and_taken_away() -> str:
    with two_hosts() as edge:
        serving, worker = ready(edge), edge.master.processes().current
        foreseen = edge.page("on", check=True)
        assert (foreseen["changed"], edge.ask()[0]) == (True, 200)
        shown, again = edge.page("on"), edge.page("on")
        assert shown["ok"], shown["problem"]
        assert (shown["changed"], again["changed"]) == (True, False)
        assert again["maintenance"]["owner"] == "ana@laptop"
        _is_shown(edge, seconds=120)
        longer = edge.page("on", seconds=600)
        assert longer["changed"]
        _is_shown(edge, seconds=600)
        assert edge.ask(Host="iris.example")[0] == 503
        gone, nothing = edge.page("off"), edge.page("off")
        assert (gone["changed"], nothing["changed"]) == (True, False)
        assert edge.step("read")["maintenance"] is None
        assert edge.ask()[0] == 200
        assert (ready(edge), edge.master.processes().current) == (serving, worker), "it reloaded"
    return f"switched in {shown['seconds'] * 1000:.0f} ms"


@case
def a_page_of_maintenance_survives_a_reload_and_shifts_go_on() -> str:
    with two_hosts() as edge:
        assert edge.page("on")["ok"]
        edge.add("c-blue-1", "v-blue")
        names = [name for name in edge.models if "-blue-" in name]
        assert edge.shift(*names)["reloaded"]
        _is_shown(edge, seconds=120)
        edge.shift("a-green-1", "b-green-1", "c-blue-1")
        _is_shown(edge, seconds=120)
        assert edge.step("drift")["findings"] == []
        pid = edge.master.processes().current
        edge.master.tell(pid, [f"del map {edge.folder / 'rollway-maintenance.map'} iris"])
        found = [one["found"] for one in edge.step("drift")["findings"]]
        assert found == ["no page of maintenance"]
        assert edge.page("on")["changed"], "it is shown again"
        _is_shown(edge, seconds=120)
        assert edge.page("off")["ok"]
        assert edge.ask()[0] == 200
    return "one reload, one shift"


@case
def a_page_of_maintenance_goes_with_its_application() -> str:
    with two_hosts() as edge:
        assert edge.page("on")["ok"]
        result = edge.step("remove")
        assert (result["ok"], result["reloaded"]) == (True, True)
        assert (edge.folder / "rollway-maintenance.map").read_text() == ""
        assert list((edge.folder / "root" / "maintenance.d").iterdir()) == []
        edge.shift("a-blue-1", "b-blue-1")
        assert edge.ask()[0] == 200
    return "and does not come back with it"


@case
def a_request_in_flight_ends_when_a_page_of_maintenance_comes() -> str:
    with two_hosts() as edge:
        said: list[bytes] = []

        def stream() -> None:
            with urllib.request.urlopen(
                f"{edge.url}/v2/models/iris/stream?seconds=5&interval=0.1", timeout=10
            ) as answer:
                said.append(answer.read())

        reader = threading.Thread(target=stream)
        reader.start()
        until(lambda: any(model.streams for model in edge.models.values()))
        assert edge.page("on")["ok"]
        assert edge.ask()[0] == 503
        assert not said, "the stream was over before the page came"
        reader.join(20)
        assert said
        assert said[0]
    return f"{len(said[0])} bytes of a stream that began before"


def _is_shown(edge: Rig, *, seconds: int) -> None:
    status, headers, body = edge.ask(Accept="text/html")
    assert (status, headers["retry-after"]) == (503, str(seconds))
    assert headers["cache-control"] == "no-store"
    assert "maintained" in body
    status, headers, body = edge.ask(Accept="application/json")
    assert (status, headers["content-type"]) == (503, "application/json")
    assert json.loads(body) == {"error": "maintenance", "retry_after": seconds}
