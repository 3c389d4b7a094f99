"""Releases that fail more than the one before, and how a real HAProxy tells; see edge_cases."""

from __future__ import annotations

import contextlib
import http.client
import threading
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

from ansible.module_utils.rollway import edge_watch
from ansible.module_utils.rollway.edge_store import Paths
from ansible.module_utils.rollway.lock import Run, write_lock
from ansible.module_utils.rollway.paths import AppPaths

from tests.integration.edge_case import case
from tests.integration.edge_looks import NEVER_SECONDS, ready, two_hosts, until
from tests.integration.edge_rig import BACKEND, Result, Rig

NEW = ["a-green-1", "b-green-1"]
RUN = {
    "id": "run-1",
    "verb": "deploy",
    "owner": "ana@laptop",
    "started": "2026-01-31T12:00:00Z",
    "controller": {"machine_id": "m", "boot_id": "b", "pid": 1, "start_ticks": 1},
}
PLAIN = {**BACKEND, "retry": []}
REQUESTS = 40


def _ask(edge: Rig, method: str) -> int:
    """The status of one request; 0 where there was no answer."""
    channel = http.client.HTTPConnection("127.0.0.1", edge.port, timeout=5)
    try:
        body = b"{}" if method == "POST" else None
        channel.request(method, "/v2/models/iris", body=body)
        answer = channel.getresponse()
        answer.read()
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        channel.close()
    return answer.status


@contextlib.contextmanager
def _asked(edge: Rig, method: str) -> Iterator[Counter[int]]:
    """One request after the other, for the length of the block; answers by status."""
    seen: Counter[int] = Counter()
    over = threading.Event()

    def ask() -> None:
        while not over.is_set():
            seen[_ask(edge, method)] += 1

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join(NEVER_SECONDS)


def _first_host_moves(edge: Rig, **given: Any) -> Result:
    servers = edge.servers("a-green-1", "b-blue-1")
    return edge.step(servers=servers, probe=["a-green-1"], release_servers=NEW, **given)


@case
def failures_that_are_tried_elsewhere_are_seen() -> str:
    with two_hosts() as edge:
        edge.models["a-green-1"].fault = "error"
        with _asked(edge, "GET") as seen:
            result = _first_host_moves(edge, observe_seconds=NEVER_SECONDS)
        assert set(seen) == {200}, seen
        assert not result["ok"]
        assert result["observed"]["a-green-1"]["failed"] >= 3
    return str(result["problem"]["found"])


@case
def an_answer_that_is_empty_counts_once() -> str:
    with two_hosts() as edge:
        edge.good(backend=PLAIN, servers=edge.servers("a-green-1", "b-blue-1"))
        edge.models["a-green-1"].fault = "empty"
        statuses = Counter(_ask(edge, "POST") for _ in range(REQUESTS))
        failed = edge.running()["a-green-1"].counters.failed
        assert failed == statuses[502] > 0, (failed, statuses)
    return f"{failed} of {statuses}"


@case
def a_refused_connection_counts_though_another_server_answers() -> str:
    with two_hosts() as edge:
        edge.models["a-green-1"].keeps_nothing = True  # the edge would go on in what is open
        edge.good(servers=edge.servers("a-green-1", "b-blue-1"))
        with _asked(edge, "POST") as seen:
            until(lambda: edge.running()["a-green-1"].counters.answered > 0)
            edge.models["a-green-1"].stop()
            until(lambda: edge.running()["a-green-1"].is_down)
        failed = edge.running()["a-green-1"].counters.failed
        assert failed > 0
        assert sum(seen.values()) - seen[200] <= 1, seen  # which was under way as it stopped
    return f"{failed} refused, users saw {dict(seen)}"


@case
def a_last_wave_is_compared_with_what_the_old_ones_did() -> str:
    """All move at once: of the old ones nobody hears any more, but for what was under way."""
    with two_hosts() as edge:
        edge.good(step="load", servers=edge.servers("a-blue-1", "b-blue-1"), release_servers=NEW)
        for name in NEW:
            edge.models[name].fault = "some"
        with _asked(edge, "POST") as seen:
            until(lambda: sum(seen.values()) > 5 * REQUESTS)
            given = {"release_servers": NEW, "observe_seconds": NEVER_SECONDS}
            result = edge.step("apply", servers=edge.servers(*NEW), probe=NEW, **given)
        assert not result["ok"]
        assert "of the release before" in result["problem"]["found"], result
    return str(result["problem"]["found"])


@case
def an_application_that_always_fails_a_little_passes() -> str:
    with two_hosts() as edge:
        for model in edge.models.values():
            model.fault = "some"
        with _asked(edge, "POST") as seen:
            until(lambda: seen[500] > 0)
            result = _first_host_moves(edge, observe_seconds=2)
        assert result["ok"], result["problem"]
        assert seen[500] > 0
    return f"{dict(seen)}; {result['observed']}"


@case
def what_has_moved_is_looked_at_before_the_next_wave() -> str:
    with two_hosts() as edge:
        edge.step("load", servers=edge.servers("a-blue-1", "b-blue-1"), release_servers=NEW)
        edge.models["a-green-1"].fault = "error"
        assert _first_host_moves(edge)["ok"]
        with _asked(edge, "POST") as seen:
            until(lambda: seen[500] > 3)
        refused = edge.step(servers=edge.servers(*NEW), release_servers=NEW)
        assert not refused["ok"]
        assert ready(edge) == {"a-green-1", "b-blue-1"}
        edge.good(servers=edge.servers("a-blue-1", "b-blue-1"))
    return str(refused["problem"]["found"])


@case
def what_fails_goes_back_by_itself_while_nobody_looks() -> str:
    with two_hosts() as edge, _asked(edge, "POST") as seen:
        held = AppPaths(edge.folder / "root", "iris")
        held.make()
        write_lock(held, Run.from_json(RUN))
        edge.models["a-green-1"].fault = "error"
        back = edge.servers("a-blue-1", "b-blue-1")
        result = _first_host_moves(edge, run=RUN, generation=0, back=back)
        assert result["ok"], result["problem"]
        paths = Paths(edge.folder / "root", edge.folder)
        said = edge_watch.guard(paths, "iris", edge.master, sleep=time.sleep)
        assert ready(edge) == {"a-blue-1", "b-blue-1"}
        failed = seen[500]
        until(lambda: sum(seen.values()) > 2 * REQUESTS)
        refused = _first_host_moves(edge, run=RUN, generation=0)
        assert "went back by itself" in refused["problem"]["found"], refused
    assert seen[500] == failed, "it served again"
    return said


@case
def a_run_that_goes_on_ends_the_watch() -> str:
    with two_hosts() as edge:
        held = AppPaths(edge.folder / "root", "iris")
        held.make()
        write_lock(held, Run.from_json(RUN))
        mine = {"run": RUN, "generation": 0}
        back = edge.servers("a-blue-1", "b-blue-1")
        assert _first_host_moves(edge, **mine, back=back)["ok"]
        said: list[str] = []
        paths = Paths(edge.folder / "root", edge.folder)

        def watch() -> None:
            said.append(edge_watch.guard(paths, "iris", edge.master, sleep=time.sleep))

        thread = threading.Thread(target=watch, daemon=True)
        thread.start()
        assert edge.step("watch", release_servers=NEW, **mine)["ok"]
        thread.join(NEVER_SECONDS)
        assert not thread.is_alive()
        assert ready(edge) == {"a-green-1", "b-blue-1"}
    return said[0]
