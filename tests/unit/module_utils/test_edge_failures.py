"""Counting what failed, and comparing shares of it."""

from __future__ import annotations

import random

import pytest
from ansible.module_utils.rollway.edge_failures import Failures, exceeds
from ansible.module_utils.rollway.haproxy_state import Counters

# Of HAProxy 2.6.12 and 3.0.11 after twenty requests, with and without retries (rows: 2.6, 3.0).
COUNTED = [
    ("500 tried elsewhere", Counters(20, redispatched=20), 20),
    ("500 tried again, alone", Counters(80, errors_5xx=20, answered=20), 80),
    ("500 of a POST", Counters(10, errors_5xx=10, answered=10), 10),
    ("an empty answer", Counters(10, response_errors=10), 10),
    ("an empty answer, 3.0", Counters(10, response_errors=20), 10),
    ("an empty one elsewhere, 3.0", Counters(8, response_errors=8, redispatched=8), 8),
    ("an empty one, alone, 3.0", Counters(32, response_errors=40), 32),
    ("a reset", Counters(10, response_errors=20), 10),
    ("refused, alone", Counters(80, connect_errors=20), 80),
    ("refused, tried elsewhere", Counters(20, redispatched=20), 20),
    ("a cut body", Counters(10, response_errors=10, server_aborts=10, answered=10), 10),
    ("well", Counters(20, answered=20), 0),
    ("under way", Counters(20, 5, answered=15), 0),
    ("clients that left", Counters(20, client_aborts=5, answered=15), 0),
    ("streams under way beside 500s elsewhere", Counters(30, 20, answered=20, redispatched=10), 10),
    ("streams under way beside empty ones", Counters(30, 20, answered=20, response_errors=10), 5),
]


@pytest.mark.parametrize(
    ("counters", "failed"), [c[1:] for c in COUNTED], ids=[c[0] for c in COUNTED]
)
def test_what_failed_whoever_answered(counters: Counters, failed: int) -> None:
    assert counters.failed == failed


SHARES = [
    ("all, and none before", Failures(20, 20), Failures(40, 0), True),
    ("three, and none before", Failures(3, 3), Failures(40, 0), True),
    ("two, and none before", Failures(2, 2), Failures(400, 0), False),
    ("one in a hundred each", Failures(300, 5), Failures(600, 6), False),
    ("one in a hundred, and one in ten", Failures(300, 30), Failures(600, 6), True),
    ("half each", Failures(100, 52), Failures(200, 100), False),
    ("better than before", Failures(100, 5), Failures(200, 100), False),
    ("all each", Failures(100, 100), Failures(200, 200), False),
    ("nothing to compare with, all", Failures(10, 10), Failures(), True),
    ("nothing to compare with, one in a hundred", Failures(300, 3), Failures(), False),
    ("many requests", Failures(100_000, 1300), Failures(200_000, 2000), True),
]


@pytest.mark.parametrize(
    ("new", "old", "is_worse"), [c[1:] for c in SHARES], ids=[c[0] for c in SHARES]
)
def test_a_greater_share(new: Failures, old: Failures, is_worse: bool) -> None:
    assert exceeds(new, old) == is_worse


def test_by_chance_in_one_of_a_hundred_watches_at_most() -> None:
    """Both sides fail one in twenty, and each failure of a new one is looked at."""
    chance = random.Random(12)
    watches, wrong = 300, 0
    for _ in range(watches):
        new, old = Failures(), Failures()
        for _ in range(300):
            failed = chance.random() < 0.05
            new = Failures(new.requests + 1, new.failed + failed)
            old = Failures(old.requests + 2, old.failed + sum(chance.random() < 0.05 for _ in "ab"))
            if failed and exceeds(new, old, early=True):
                wrong += 1
                break
    assert wrong <= watches * 0.01
