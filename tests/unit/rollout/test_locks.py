"""The verbs about locks: what hosts are asked, what is refused, and how they end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rollway import exits
from rollway.report.locks import fleet_locks, lock_lines
from rollway.rollout.journal import Event, Journal
from rollway.rollout.locks import lock_calls
from rollway.rollout.request import Request
from tests.unit.rollout.fleet_fixtures import request

HOSTS = ("app-1", "app-2", "app-3", "edge-1")
WHY = "moving the database"
WHICH = "--env=local --app=iris"
FREEZE = {"kind": "freeze", "id": "f-1", "verb": "", "reason": WHY, "release": None}
RUN = {"kind": "run", "id": "r-1", "verb": "deploy", "reason": "deploy", "release": None}
DECISION = {"kind": "decision", "id": "p-1", "verb": "promote", "reason": "", "release": "2-b"}
HOLD = {"kind": "hold", "id": "r-1", "verb": "deploy", "reason": "", "release": "2-b"}
WHO = {"owner": "ana@laptop", "started": "2026-01-31T12:00:00Z"}
FROZEN = "frozen by ana@laptop since 2026-01-31T12:00:00Z: moving the database (run f-1)"
LOST = {"msg": "timed out"}


def _asked(verb: str, **changes: Any) -> Request:
    run = {"id": "mine", "verb": verb, "reason": WHY, **WHO}
    return request(verb, run=run, **changes)


def _looked(*holders: dict[str, Any], hosts: tuple[str, ...] = HOSTS) -> list[Event]:
    found = {"ok": True, "holders": [{**one, **WHO} for one in holders]}
    return [
        Event("look", name, result=found if name in hosts else {"holders": []}) for name in HOSTS
    ]


def _done(step: str, *lost: str, **result: Any) -> list[Event]:
    good = {"holders": [], **result}
    return [
        Event(step, name, ok=False, unreachable=True, result=LOST)
        if name in lost
        else Event(step, name, result=good)
        for name in HOSTS
    ]


def _refused(step: str, name: str) -> Event:
    problem = {"where": "/x/freeze.json", "found": FROZEN}
    return Event(step, name, ok=False, result={"outcome": "locked", "problem": problem})


ENDS = [
    pytest.param(
        _asked("lock.status"), _looked(), exits.DONE, "nobody holds it", "", id="nobody holds it"
    ),
    pytest.param(
        _asked("lock.status"), _done("look", *HOSTS), exits.REFUSED, "no host answers",
        "mend app-1, then run this again", id="a status of a fleet that is away",
    ),
    pytest.param(
        _asked("lock.acquire"), [*_looked(RUN), *_done("freeze")], exits.DONE,
        "frozen: moving the database", f"./invoke lock.release {WHICH} --run=mine",
        id="a freeze beside a run that works",
    ),
    pytest.param(
        _asked("lock.acquire"), _looked(FREEZE, hosts=("edge-1",)), exits.LOCKED,
        "refused; nothing was changed", f"./invoke lock.release {WHICH} --run=f-1",
        id="a freeze of what is frozen",
    ),
    pytest.param(
        _asked("lock.acquire"), _done("look", "app-2"), exits.REFUSED,
        "refused; nothing was changed", "mend app-2, then run this again",
        id="a freeze with a host away",
    ),
    pytest.param(
        _asked("lock.acquire"),
        [*_looked(), *_done("freeze"), _refused("freeze", "app-1"), *_done("thaw")], exits.LOCKED,
        "not frozen: what was frozen is released again", "mend app-1, then run this again",
        id="a freeze that somebody else won",
    ),
    pytest.param(
        _asked("lock.acquire"), [*_looked(), *_done("freeze", "app-1"), *_done("thaw", "app-1")],
        exits.NEEDS_PERSON, "not frozen everywhere, and app-1 may be",
        f"./invoke lock.release {WHICH} --run=mine", id="a freeze that lost a host on its way",
    ),
    pytest.param(
        _asked("lock.release"), _looked(FREEZE), exits.USAGE, "refused; nothing was changed",
        f"./invoke lock.release {WHICH} --run=f-1", id="a release without an id",
    ),
    pytest.param(
        _asked("lock.release", target="f-2"), _looked(FREEZE), exits.LOCKED,
        "refused; nothing was changed", f"./invoke lock.release {WHICH} --run=f-1",
        id="a release with another id",
    ),
    pytest.param(
        _asked("lock.release", target="f-1"), [*_looked(), *_done("unlock")], exits.DONE,
        "nothing is locked by f-1, nor by anybody else", "", id="a release a second time",
    ),
    pytest.param(
        _asked("lock.release", target="f-1"), [*_looked(FREEZE), *_done("unlock")], exits.DONE,
        "released: the freeze of f-1", f"./invoke status {WHICH}", id="a freeze is released",
    ),
    pytest.param(
        _asked("lock.release", target="p-1"), [*_looked(DECISION), *_done("unlock")], exits.DONE,
        "released: the decision of p-1",
        f"./invoke promote {WHICH}, or ./invoke abort {WHICH}", id="a decision is released",
    ),
    pytest.param(
        _asked("lock.release", target="r-1"), [*_looked(RUN), *_done("unlock", "app-2")],
        exits.NEEDS_PERSON, "r-1 is not released on every host",
        f"./invoke lock.release {WHICH} --run=r-1", id="a release with a host away",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "events", "code", "sentence", "following"), ENDS)
def test_how_a_verb_about_locks_ends(
    asked: Request, events: list[Event], code: int, sentence: str, following: str
) -> None:
    found = fleet_locks(asked, events)
    assert (found["exit"], found["sentence"], found["next"]) == (code, sentence, following)


def test_a_refused_release_names_what_holds() -> None:
    (problem,) = fleet_locks(_asked("lock.release"), _looked(FREEZE))["problems"]
    assert problem["found"] == f"no run was named; {', '.join(HOSTS)}: {FROZEN}"
    (wrong,) = fleet_locks(_asked("lock.release", target="f-2"), _looked(FREEZE))["problems"]
    assert (wrong["host"], wrong["found"]) == (", ".join(HOSTS), FROZEN)


def test_the_status_says_who_where_and_what_to_do() -> None:
    seen = [event for event in _looked(HOLD, FREEZE) if event.host != "app-2"]
    events = [*seen, Event("look", "app-2", ok=False, unreachable=True)]
    lines = lock_lines(fleet_locks(_asked("lock.status"), events))
    assert lines == [
        "iris on local: held by 2",
        "  app-1, app-3, edge-1: 2-b is held by ana@laptop since 2026-01-31T12:00:00Z (run r-1)",
        f"    next: ./invoke promote {WHICH}, or ./invoke abort {WHICH}",
        f"  app-1, app-3, edge-1: {FROZEN}",
        f"    next: ./invoke lock.release {WHICH} --run=f-1",
        "  app-2: unreachable: no answer over SSH",
    ]


LOCKED = "locked by deploy by ana@laptop since 2026-01-31T12:00:00Z (run r-1)"
PROMOTE = "promote by ana@laptop since 2026-01-31T12:00:00Z (run p-1)"
DECIDES = f"2-b is held, and {PROMOTE} decides about it"
GONE = f"if laptop is gone for good, ./invoke lock.release {WHICH} --run="
KILLED = f"if it was killed, ./invoke abort {WHICH} on laptop takes it over"


AT_WORK, GONE_RUN = {"process": "at work"}, {"process": "gone"}
CONTINUES = f"./invoke status {WHICH} says what continues; or ./invoke lock.release {WHICH}"
DECIDE = f"./invoke promote {WHICH}, or ./invoke abort {WHICH}"
KNOWN = [
    pytest.param(RUN | AT_WORK, f"{LOCKED}, which is at work", "wait for it", id="a live run"),
    pytest.param(
        DECISION | AT_WORK, f"{DECIDES}, which is at work", "wait for it", id="a live decision"
    ),
    pytest.param(
        RUN | GONE_RUN, f"{LOCKED}, whose process is gone", f"{CONTINUES} --run=r-1",
        id="a dead run",
    ),
    pytest.param(
        DECISION | GONE_RUN, f"{DECIDES}, whose process is gone", DECIDE, id="a dead decision"
    ),
    pytest.param(
        RUN | {"process": "elsewhere"},
        f"{LOCKED}; whether it is at work, only laptop knows", f"wait for it; {GONE}r-1",
        id="one on another machine",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("holder", "said", "following"), KNOWN)
def test_what_is_known_of_a_process_decides_what_to_do(
    holder: dict[str, Any], said: str, following: str
) -> None:
    lines = lock_lines(fleet_locks(_asked("lock.status"), _looked(holder)))
    assert lines[1:] == [f"  app-1..app-3, edge-1: {said}", f"    next: {following}"]


def test_the_lock_of_a_run_at_work_is_not_offered() -> None:
    found = fleet_locks(_asked("lock.release"), _looked(RUN | AT_WORK))
    (problem,) = found["problems"]
    assert (found["exit"], found["next"]) == (exits.LOCKED, "wait for it")
    assert problem["found"] == f"{LOCKED}, which is at work"
    both = fleet_locks(_asked("lock.release"), _looked(FREEZE, RUN | AT_WORK))
    assert (both["exit"], both["next"]) == (exits.USAGE, f"./invoke lock.release {WHICH} --run=f-1")
    assert both["problems"][0]["accepted"] == "f-1"


@pytest.mark.parametrize(
    ("holder", "said", "following"),
    [
        (RUN, LOCKED, f"wait for it; {GONE}r-1"),
        (DECISION, DECIDES, f"wait for it; {KILLED}; {GONE}p-1"),
    ],
    ids=["a run", "a decision"],
)
def test_what_to_do_about_a_run(holder: dict[str, Any], said: str, following: str) -> None:
    lines = lock_lines(fleet_locks(_asked("lock.status"), _looked(holder)))
    assert lines[1:] == [f"  app-1..app-3, edge-1: {said}", f"    next: {following}"]


def _journal(run_dir: Path, events: list[Event]) -> Journal:
    journal = Journal(run_dir)
    for event in events:
        journal.append(event)
    return journal


def test_an_edge_has_its_lock_in_a_folder_of_its_own(tmp_path: Path) -> None:
    asked, journal = _asked("lock.acquire"), _journal(tmp_path, _looked())
    app, edge = (
        lock_calls(asked, journal, step="freeze", host=host) for host in ("app-1", "edge-1")
    )
    assert not isinstance(app, str)
    assert not isinstance(edge, str)
    assert (app[0].arguments["step"], app[0].arguments["kind"]) == ("freeze", "app")
    assert edge[0].arguments["root"] == "/var/lib/rollway-edge"


def test_a_refused_verb_changes_no_host(tmp_path: Path) -> None:
    journal = _journal(tmp_path, _looked(FREEZE))
    for asked, step in ((_asked("lock.acquire"), "freeze"), (_asked("lock.release"), "unlock")):
        said = lock_calls(asked, journal, step=step, host="app-1")
        assert said == "the request is refused"


def test_a_freeze_is_taken_back_only_where_it_is_not_everywhere(tmp_path: Path) -> None:
    asked, journal = _asked("lock.acquire"), _journal(tmp_path, [*_looked(), *_done("freeze")])
    assert lock_calls(asked, journal, step="thaw", host="app-1") == "every host is frozen"
    journal.append(_refused("freeze", "app-3"))
    call = lock_calls(asked, journal, step="thaw", host="app-1")
    assert not isinstance(call, str)
    assert (call[0].arguments["step"], call[0].arguments["target"]) == ("unlock", "mine")
