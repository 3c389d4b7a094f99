"""Counting what servers did, over workers that come and go."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible.module_utils.rollway.edge_failures import Failures
from ansible.module_utils.rollway.edge_observe import Sides, Watch
from ansible.module_utils.rollway.haproxy_state import Counters, Running

from tests.unit.module_utils.edge_samples import running

NAME = "a-green-1"
OLD = "b-blue-1"


def _seen(counters: Counters, operation: str = "up") -> dict[str, Running]:
    return {NAME: replace(running(NAME, operation=operation), counters=counters)}


def test_only_what_came_after_the_first_look_counts() -> None:
    watch = Watch([NAME])
    watch.look(7, _seen(Counters(100, errors_5xx=5, answered=100)))
    watch.look(7, _seen(Counters(140, 3, 6, answered=137)))
    assert watch.result() == {NAME: {"requests": 40, "failed": 1, "went_down": False}}


def test_a_new_worker_counts_from_zero() -> None:
    watch = Watch([NAME])
    watch.look(7, _seen(Counters(100)))
    watch.look(7, _seen(Counters(130)))
    watch.look(8, _seen(Counters(5)))
    watch.look(8, _seen(Counters(9, errors_5xx=1, answered=9)))
    assert watch.failures([NAME]) == Failures(39, 31)  # of the first worker nobody has an answer


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


def _compared(new: Counters, old: Counters, operation: str = "up") -> Watch:
    """One look at a server of each side, after one at none."""
    watch = Watch([NAME, OLD])
    watch.look(7, {NAME: running(NAME), OLD: running(OLD)})
    news = replace(running(NAME, operation=operation), counters=new)
    watch.look(7, {NAME: news, OLD: replace(running(OLD), counters=old)})
    return watch


GOOD, SOME = Counters(20, answered=20), Counters(20, errors_5xx=10, answered=20)
BAD = Counters(10, errors_5xx=10, answered=10)
SIDES = Sides(frozenset({NAME}), frozenset({OLD}))
TROUBLE = [
    ("nothing", GOOD, GOOD, "up", []),
    ("all of it", BAD, GOOD, "up", [f"{NAME}: 10 of 10 requests failed", "0 of 20"]),
    ("as much as before", SOME, SOME, "up", []),
    ("nobody asks the old one", BAD, Counters(), "up", [f"{NAME}: 10 of 10", "nothing to compare"]),
    ("two failures", Counters(2, errors_5xx=2, answered=2), GOOD, "up", []),
    ("down", Counters(), GOOD, "down", [f"{NAME}: its check failed"]),
    ("down and failing", BAD, GOOD, "down", ["its check failed", "10 of 10", "0 of 20"]),
]


@pytest.mark.parametrize(
    ("new", "old", "operation", "words"), [c[1:] for c in TROUBLE], ids=[c[0] for c in TROUBLE]
)
def test_trouble_is_what_the_old_ones_have_less_of(
    new: Counters, old: Counters, operation: str, words: list[str]
) -> None:
    found = SIDES.trouble(_compared(new, old, operation))
    assert len(found) == len(words)
    assert all(word in text for word, text in zip(words, found, strict=True))


def test_where_no_old_one_is_asked_what_they_did_before_counts() -> None:
    watch = _compared(SOME, Counters())
    assert SIDES.trouble(watch)
    assert not replace(SIDES, base=Failures(100, 45)).trouble(watch)
    assert replace(SIDES, base=Failures(100, 1)).trouble(watch)
