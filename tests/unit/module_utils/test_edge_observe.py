"""Counting what servers did, over workers that come and go."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible.module_utils.rollway.edge_observe import Watch, failures
from ansible.module_utils.rollway.haproxy_state import Counters, Running

from tests.unit.module_utils.edge_samples import running

NAME = "a-green-1"
CLEAN = {
    "requests": 10,
    "errors_5xx": 0,
    "connect_errors": 0,
    "response_errors": 0,
    "failed_checks": 0,
    "went_down": False,
}


def _seen(counters: Counters, operation: str = "up") -> dict[str, Running]:
    return {NAME: replace(running(NAME, operation=operation), counters=counters)}


def test_only_what_came_after_the_first_look_counts() -> None:
    watch = Watch([NAME])
    watch.look(7, _seen(Counters(100, 2, 5, 1, 1)))
    watch.look(7, _seen(Counters(140, 3, 6, 1, 2)))
    assert watch.result() == {
        NAME: {
            "requests": 40,
            "current": 3,
            "errors_5xx": 1,
            "connect_errors": 0,
            "response_errors": 1,
            "failed_checks": 0,
            "went_down": False,
        }
    }


def test_a_new_worker_counts_from_zero() -> None:
    watch = Watch([NAME])
    watch.look(7, _seen(Counters(100)))
    watch.look(7, _seen(Counters(130)))
    watch.look(8, _seen(Counters(5)))
    watch.look(8, _seen(Counters(9, errors_5xx=1)))
    assert watch.result()[NAME]["requests"] == 39
    assert watch.result()[NAME]["errors_5xx"] == 1


def test_down_once_is_down() -> None:
    watch = Watch([NAME])
    watch.look(7, _seen(Counters()))
    watch.look(7, _seen(Counters(), "down"))
    watch.look(7, _seen(Counters()))
    assert watch.result()[NAME]["went_down"]


SILENCE = [
    ("one check", 6, True, False),
    ("two checks", 7, True, True),
    ("two checks, and answers again", 7, False, False),
]


@pytest.mark.parametrize(
    ("checks", "is_silent", "went_down"), [c[1:] for c in SILENCE], ids=[c[0] for c in SILENCE]
)
def test_up_and_silent_is_down_after_two_checks(
    checks: int, is_silent: bool, went_down: bool
) -> None:
    watch = Watch([NAME])
    watch.look(7, _seen(Counters(failed_checks=5)))
    now = replace(running(NAME), counters=Counters(failed_checks=checks), is_silent=is_silent)
    watch.look(7, {NAME: now})
    assert watch.result()[NAME]["went_down"] == went_down


def test_late_once_and_late_once_again_is_not_down() -> None:
    watch = Watch([NAME])
    for failed, is_silent in ((0, False), (1, True), (1, False), (2, True)):
        now = replace(running(NAME), counters=Counters(failed_checks=failed), is_silent=is_silent)
        watch.look(7, {NAME: now})
    assert not watch.result()[NAME]["went_down"]


def test_a_new_worker_forgets_what_the_old_one_counted() -> None:
    watch = Watch([NAME])
    for pid, failed, is_silent in ((7, 0, False), (7, 5, False), (8, 0, False), (8, 2, True)):
        now = replace(running(NAME), counters=Counters(failed_checks=failed), is_silent=is_silent)
        watch.look(pid, {NAME: now})
    assert watch.result()[NAME]["went_down"]


def test_a_server_in_maint_before_its_shift_is_not_down() -> None:
    watch = Watch([NAME])
    watch.look(7, {NAME: running(NAME, "maint", "down")})
    assert not watch.result()[NAME]["went_down"]


def test_a_server_that_vanished_is_in_the_result() -> None:
    watch = Watch([NAME])
    watch.look(7, {})
    assert watch.result()[NAME]["requests"] == 0


BAD = [Counters(101, errors_5xx=1), Counters(101, connect_errors=1)]


@pytest.mark.parametrize("counters", BAD, ids=["an error", "no connection"])
def test_the_first_failure_ends_the_watch(counters: Counters) -> None:
    watch = Watch([NAME])
    watch.look(7, _seen(Counters(100)))
    assert not watch.has_failed()
    watch.look(7, _seen(counters))
    assert watch.has_failed()


WORDS: list[tuple[str, dict[str, Any], list[str]]] = [
    ("nothing", {}, []),
    ("errors", {"errors_5xx": 2, "connect_errors": 1}, [f"{NAME}: 3 of 10 requests failed"]),
    ("cut answers", {"response_errors": 1}, [f"{NAME}: 1 of 10 requests failed"]),
    (
        "down",
        {"went_down": True, "errors_5xx": 2},
        [f"{NAME}: its check failed, 2 of 10 requests failed"],
    ),
    ("down without requests", {"went_down": True}, [f"{NAME}: its check failed"]),
]


@pytest.mark.parametrize(("seen", "words"), [c[1:] for c in WORDS], ids=[c[0] for c in WORDS])
def test_what_went_wrong_in_words(seen: dict[str, Any], words: list[str]) -> None:
    assert failures({NAME: {**CLEAN, **seen}}) == words
