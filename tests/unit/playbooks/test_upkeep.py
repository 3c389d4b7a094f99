"""The playbooks beside releases, run for real over hosts that refuse to answer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rollway import exits
from tests.unit.playbooks.fleet import HOST_NAMES, RUN, run_playbook


def test_a_prune_of_hosts_that_do_not_answer_names_them(inventory: Path) -> None:
    ran = run_playbook(inventory, {"rollway_keep": "2"}, verb="prune")
    assert ran.returncode != 0
    found = json.loads((inventory / RUN / "prune.json").read_text())
    assert (found["exit"], found["keep"]) == (exits.REFUSED, 2)
    assert [one["host"] for one in found["lost"]] == ["app-1", "app-2", "both-1"]
    events = (inventory / RUN / "events.jsonl").read_text().splitlines()
    assert {json.loads(line)["step"] for line in events} == {"prune_look"}


@pytest.mark.parametrize("keep", ["0", "{{ 0 }}", ""], ids=["a text", "a number", "nothing"])
def test_a_prune_that_would_keep_nothing_is_wrong_use(keep: str, inventory: Path) -> None:
    run_playbook(inventory, {"rollway_keep": keep}, verb="prune")
    error = json.loads((inventory / RUN / "error.json").read_text())
    assert (error["where"], error["exit"]) == ("--keep", exits.USAGE)


@pytest.mark.parametrize("is_fix", [False, True], ids=["a look", "a repair"])
def test_a_doctor_of_hosts_that_do_not_answer_names_them(is_fix: bool, inventory: Path) -> None:
    run_playbook(inventory, {"rollway_fix": str(is_fix).lower()}, verb="doctor")
    found = json.loads((inventory / RUN / "doctor.json").read_text())
    assert (found["exit"], found["fix"]) == (exits.REFUSED, is_fix)
    assert {one["host"] for one in found["lost"]} == HOST_NAMES
    events = (inventory / RUN / "events.jsonl").read_text().splitlines()
    assert {json.loads(line)["step"] for line in events} == {"doctor_look"}


def test_a_repair_asks_where_the_environment_asks_and_a_look_does_not(inventory: Path) -> None:
    asks = {"rollway_confirm": "true"}
    run_playbook(inventory, asks, verb="doctor")
    assert (inventory / RUN / "doctor.json").exists()
    run_playbook(inventory, {**asks, "rollway_fix": "true", "rollway_run_id": "r2"}, verb="doctor")
    error = json.loads((inventory / "r2" / "error.json").read_text())
    assert (error["where"], error["exit"]) == ("rollway_confirm", exits.USAGE)
    assert error["next"] == "./invoke doctor --env=unit --fix --yes"


LEFTOVER = {"kind": "container", "where": "x", "found": "left", "fix": "removes it", "next": ""}
NOTHING: dict[str, list[str]] = {"images": [], "slots": [], "kept": []}
WORK: list[Any] = [
    pytest.param(
        "doctor",
        {"rollway_fix": "true"},
        ({"findings": [LEFTOVER]}, {"findings": [], "repaired": [LEFTOVER]}),
        "4 repaired, nothing left",
        id="doctor",
    ),
    pytest.param(
        "prune",
        {},
        (
            {"releases": ["1-a"], "bytes": 9, **NOTHING},
            {"releases": ["1-a"], "bytes": 7, **NOTHING},
        ),
        "freed 21 bytes on 3 hosts",
        id="prune",
    ),
]


@pytest.mark.parametrize(("verb", "variables", "answers", "sentence"), WORK)
def test_a_fleet_that_answers_is_looked_at_and_then_changed(
    verb: str,
    variables: dict[str, str],
    answers: tuple[dict[str, Any], dict[str, Any]],
    sentence: str,
    inventory: Path,
) -> None:
    for mode, answer in zip(("read", "lock"), answers, strict=True):
        whole = {"ok": True, "problem": None, **answer}
        (inventory / f"{mode}.json").write_text(json.dumps(whole))
    ran = run_playbook(inventory, variables, verb=verb, stand_in=str(inventory))
    assert ran.returncode == 0, ran.stdout + ran.stderr
    found = json.loads((inventory / RUN / f"{verb}.json").read_text())
    assert (found["exit"], found["sentence"]) == (exits.DONE, sentence)


def test_a_lock_on_one_host_keeps_every_host_as_it_is(inventory: Path) -> None:
    held = {"where": "lock.json", "found": "locked by deploy", "next": "wait for it"}
    answer = {"ok": True, "problem": None, "findings": [LEFTOVER], "would_refuse": held}
    (inventory / "read.json").write_text(json.dumps(answer))
    fix = {"rollway_fix": "true"}
    ran = run_playbook(inventory, fix, verb="doctor", stand_in=str(inventory))
    assert ran.returncode != 0
    found = json.loads((inventory / RUN / "doctor.json").read_text())
    assert (found["exit"], found["repaired"]) == (exits.LOCKED, [])
