"""The command line: options as promised, and a page for every verb."""

from __future__ import annotations

from typing import Any

import pytest
from invoke import Task

from rollway.cli import collection
from tests.contract.repository import ROOT

VERBS = sorted(collection().task_names)
STARTING = ("abort", "adopt", "deploy", "plan", "promote", "restart", "rollback", "scale")
PLACED = {"maintenance": ["switch"]}  # `maintenance on`
# Part of the command line's contract; an option of this name means the same in every verb.
COMMON = {"env", "app", "version", "limit", "strategy", "check", "diff", "yes", "json"}


def _task(verb: str) -> Task[Any]:
    found: Task[Any] = collection()[verb]
    return found


@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_says_what_it_does(verb: str) -> None:
    assert (_task(verb).__doc__ or "").strip()


@pytest.mark.parametrize("verb", VERBS)
def test_every_option_has_its_help(verb: str) -> None:
    arguments = _task(verb).get_arguments()
    assert [argument.name for argument in arguments if not argument.help] == []


@pytest.mark.parametrize("verb", VERBS)
def test_options_have_one_name_and_no_position(verb: str) -> None:
    arguments = _task(verb).get_arguments()
    more = {argument.names for argument in arguments if len(argument.names) > 1}
    assert more <= {("verbose", "v")}
    placed = [argument.name for argument in arguments if argument.positional]
    assert placed == PLACED.get(verb, [])


@pytest.mark.parametrize("verb", STARTING)
def test_a_verb_that_starts_singletons_can_be_told_that_a_host_is_gone(verb: str) -> None:
    assert "gone" in [one.name for one in _task(verb).get_arguments()]


@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_has_its_page(verb: str) -> None:
    page = ROOT / "docs" / f"{verb.split('.', maxsplit=1)[0]}.md"
    assert f"./invoke {verb}" in page.read_text(encoding="utf-8")
