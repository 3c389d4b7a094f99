"""Which long tests have their turn: two minutes of them, by the commit alone."""

from __future__ import annotations

from tests import rotation

KNOWN = {f"test_{number}": 45 for number in range(20)}


def test_they_fit_the_time_and_keep_their_order() -> None:
    chosen = rotation.choose(KNOWN, "c0ffee")
    longest = rotation.LONGEST_SECONDS
    assert longest - 45 < sum(KNOWN[name] for name in chosen) <= longest
    assert chosen == [name for name in KNOWN if name in chosen]


def test_the_same_commit_chooses_the_same_ones_and_others_choose_others() -> None:
    turns = [rotation.choose(KNOWN, commit) for commit in ("a", "b", "c", "a")]
    assert turns[0] == turns[3]
    assert len({tuple(turn) for turn in turns}) == 3


def test_each_has_its_turn_at_some_commit() -> None:
    turns = [rotation.choose(KNOWN, f"commit {number}") for number in range(120)]
    assert {name for turn in turns for name in turn} == set(KNOWN)


def test_what_takes_longer_than_all_has_none_and_keeps_nobody_out() -> None:
    known = {"series": rotation.LONGEST_SECONDS + 1, "short": 45}
    assert rotation.choose(known, "c0ffee") == ["short"]


def test_the_turn_is_told_with_its_commit() -> None:
    assert rotation.report(["a::b"], "c0ffee12345678") == [
        "long tests in their turn (commit c0ffee123456):",
        "  a::b",
    ]
    assert "git tells no commit" in rotation.report([], "")[0]
