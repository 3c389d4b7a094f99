"""The text that HAProxy reads."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible.module_utils.rollway.edge_config import (
    check_drain,
    check_routes,
    render,
    render_map,
    topology,
)
from ansible.module_utils.rollway.problem import Problem

from tests.unit.module_utils.edge_samples import backend, server

BLUE, GREEN = server("a-blue-1"), server("a-green-1", "maint", weight=50, port=20001)


def test_a_backend_as_it_is_written() -> None:
    assert render(backend(), [BLUE, GREEN]) == (
        "# iris: written by Rollway at each deploy; changes made here are lost.\n"
        "backend rollway_iris\n"
        "  balance roundrobin\n"
        "  option httpchk\n"
        "  http-check send meth GET uri /v2/health/ready ver HTTP/1.1 hdr Host rollway\n"
        "  http-check expect status 200-299\n"
        "  timeout check 800ms\n"
        "  retry-on all-retryable-errors\n"
        "  http-request disable-l7-retry unless { method GET HEAD }\n"
        "  default-server check inter 500ms fastinter 200ms downinter 500ms rise 1 fall 2"
        " tcp-ut 2s pool-purge-delay 1s\n"
        "  server a-blue-1 192.0.2.11:20000 weight 100\n"
        "  server a-green-1 192.0.2.11:20001 weight 50 disabled\n"
    )


def test_no_request_is_sent_twice_without_consent() -> None:
    text = render(backend(retry=()), [BLUE])
    assert "retry-on conn-failure" in text
    assert "all-retryable-errors" not in text


def test_a_server_that_is_down_is_kept_out_of_a_reload() -> None:
    assert "a-blue-1 192.0.2.11:20000 weight 100 disabled" in render(
        backend(), [BLUE], out={"a-blue-1"}
    )


def test_checks_ask_for_the_first_host() -> None:
    assert "hdr Host a.example\n" in render(backend(hosts=("a.example", "b.example")), [])


def test_an_ipv6_address_is_bracketed() -> None:
    assert " [fd00::1]:20000 " in render(backend(), [replace(BLUE, address="fd00::1")])


def test_weights_and_states_are_no_topology() -> None:
    one = render(backend(), [BLUE, GREEN])
    other = render(backend(), [replace(BLUE, state="maint"), replace(GREEN, weight=256)])
    assert one != other
    assert topology(one) == topology(other)


CHANGES = [
    ("an address", render(backend(), [replace(BLUE, address="192.0.2.12")])),
    ("a port", render(backend(), [replace(BLUE, port=1)])),
    ("a name", render(backend(), [replace(BLUE, name="b-blue-1")])),
    ("one more server", render(backend(), [BLUE, GREEN])),
    ("another path of readiness", render(backend(ready="/other"), [BLUE])),
    ("other methods to repeat", render(backend(retry=()), [BLUE])),
    ("a change by hand", render(backend(), [BLUE]) + "  server x 192.0.2.1:1\n"),
]


@pytest.mark.parametrize("text", [c[1] for c in CHANGES], ids=[c[0] for c in CHANGES])
def test_everything_else_is_topology(text: str) -> None:
    assert topology(text) != topology(render(backend(), [BLUE]))


def test_the_map_is_sorted_and_keeps_foreign_lines() -> None:
    apps = [backend(), backend(app="other", hosts=("b.example", "a.example"))]
    assert render_map(apps, foreign=["c.example/ third"]) == (
        "*/ iris\na.example/ other\nb.example/ other\nc.example/ third\n"
    )


def test_an_address_belongs_to_one_application() -> None:
    mine = backend(hosts=("a.example",))
    check_routes(mine, {"b.example/": "other"})
    with pytest.raises(Problem, match="is routed to other"):
        check_routes(mine, {"a.example/": "other", "b.example/": "other"})


HARD_STOPS = [
    ("seconds", "global\n  hard-stop-after 45s\n", 35.0),
    ("a comment after it", "  hard-stop-after 45s # old workers\n", 35.0),
    ("minutes", "hard-stop-after 1m\n", 50.0),
    ("milliseconds without a unit", "hard-stop-after 45000\n", 35.0),
    ("a day", "hard-stop-after 1d\n", 86390.0),
]


@pytest.mark.parametrize(
    ("text", "longest"), [c[1:] for c in HARD_STOPS], ids=[c[0] for c in HARD_STOPS]
)
def test_old_workers_outlive_the_longest_drain(text: str, longest: float) -> None:
    check_drain(backend(drain_seconds=longest), text)
    with pytest.raises(Problem, match="edge_hard_stop_seconds"):
        check_drain(backend(drain_seconds=longest + 1), text)


def test_without_a_hard_stop_any_drain_will_do() -> None:
    check_drain(backend(drain_seconds=80000), "global\n  # hard-stop-after 45s\n")


def test_the_problem_says_what_to_set() -> None:
    with pytest.raises(Problem) as caught:
        check_drain(backend(drain_seconds=60), "  hard-stop-after 45s\n")
    assert str(caught.value) == (
        "x-rollway/http/drain_seconds: 60 s, and the edge stops old workers after 45 s; "
        "accepted: at most 35; "
        "next: set edge_hard_stop_seconds to 70 or more, then ./invoke provision"
    )
