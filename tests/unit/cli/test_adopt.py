"""What `adopt` hands over to its playbook."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rollway import exits
from rollway.cli import adopt as module
from rollway.cli import collection
from rollway.cli.runs import Wanted


@pytest.fixture
def wanted(monkeypatch: pytest.MonkeyPatch) -> list[Wanted]:
    seen: list[Wanted] = []

    def conduct(one: Wanted, **_: Any) -> int:
        seen.append(one)
        return exits.DONE

    monkeypatch.setattr(module, "conduct", conduct)
    return seen


def _adopt(**typed: Any) -> None:
    collection()["adopt"].body(None, env="staging", app="iris", version="1.4.0", **typed)


def test_the_project_is_the_application_s_name_unless_it_is_told(wanted: list[Wanted]) -> None:
    _adopt()
    _adopt(project="shop", keep=True, yes=True, wait_lock="5", check=True, limit="app-1")
    assert [one.inputs for one in wanted] == [
        {
            "rollway_version": "1.4.0",
            "rollway_project": "",
            "rollway_keep_web": "false",
            "rollway_yes": "false",
        },
        {
            "rollway_version": "1.4.0",
            "rollway_project": "shop",
            "rollway_keep_web": "true",
            "rollway_yes": "true",
            "rollway_wait_lock": "5",
        },
    ]
    assert [(one.verb, one.check, one.limit) for one in wanted] == [
        ("adopt", False, ""),
        ("adopt", True, "app-1"),
    ]


def test_its_playbook_is_there() -> None:
    assert (Path(__file__).resolve().parents[3] / "playbooks" / "adopt.yml").is_file()
