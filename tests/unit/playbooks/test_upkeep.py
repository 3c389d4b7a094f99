"""The playbooks beside releases, run for real over hosts that refuse to answer."""

from __future__ import annotations

import json
from pathlib import Path

from rollway import exits
from tests.unit.playbooks.fleet import RUN, run_playbook


def test_a_prune_of_hosts_that_do_not_answer_names_them(inventory: Path) -> None:
    ran = run_playbook(inventory, {"rollway_keep": "2"}, verb="prune")
    assert ran.returncode != 0
    found = json.loads((inventory / RUN / "prune.json").read_text())
    assert (found["exit"], found["keep"]) == (exits.REFUSED, 2)
    assert [one["host"] for one in found["lost"]] == ["app-1", "app-2", "both-1"]
    events = (inventory / RUN / "events.jsonl").read_text().splitlines()
    assert {json.loads(line)["step"] for line in events} == {"prune_look"}


def test_a_prune_that_would_keep_nothing_is_wrong_use(inventory: Path) -> None:
    run_playbook(inventory, {"rollway_keep": "0"}, verb="prune")
    error = json.loads((inventory / RUN / "error.json").read_text())
    assert (error["where"], error["exit"]) == ("--keep", exits.USAGE)
