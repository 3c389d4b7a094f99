"""Every `./invoke` in the documentation has verbs and options that there are; others are known.

That they do what a page says: tests/integration/test_docs.py.
"""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from invoke.parser import Parser

from rollway.cli import collection
from rollway.cli.words import check_words
from tests.contract.repository import ROOT, console_lines, files, named

PAGES = [path for path in files("README.md", "docs/*.md") if console_lines(path)]
COMMANDS = [(named(path), line) for path in PAGES for line in console_lines(path)]
INVOKE = [one for one in COMMANDS if one[1].startswith("./invoke ")]
PLAYBOOKS = [one for one in COMMANDS if "ansible-playbook " in one[1]]
# Programs of others: tests of a folder, a scenario, a host's socket, an installation.
OTHERS = (".venv/bin/pytest ", 'PATH="$PWD', "echo ", "ansible edge ", "ansible-galaxy ", "pip ")


@pytest.mark.parametrize(("page", "line"), INVOKE)
def test_invoke_understands_it(page: str, line: str) -> None:
    words = shlex.split(line)[1:]
    verbs = collection()
    check_words(words, verbs)
    parsed = Parser(contexts=verbs.to_contexts()).parse_argv(words)
    assert (page, [one.name for one in parsed]) == (page, [words[0]])


@pytest.mark.parametrize(("page", "line"), PLAYBOOKS)
def test_a_playbook_of_it_is_there(page: str, line: str) -> None:
    named_in_it = [word for word in shlex.split(line) if word.startswith("playbooks/")]
    assert (page, [Path(ROOT, word).exists() for word in named_in_it]) == (page, [True])


def test_every_other_command_is_known() -> None:
    others = [one for one in COMMANDS if one not in (*INVOKE, *PLAYBOOKS)]
    assert [line for _, line in others if not line.startswith(OTHERS)] == []


def test_a_folder_that_pytest_is_given_is_there() -> None:
    given = [word for _, line in COMMANDS for word in line.split() if word.startswith("tests/")]
    assert [word for word in given if not Path(ROOT, word).exists()] == []
