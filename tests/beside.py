"""Tests that run in a pytest of their own, beside the others and on the same lab.

A file marked `lab(beside=True)` mostly waits, and uses what no other test looks at. Its tests are
the last of the session, and say there what became of them.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from rollway.checking import ROOT
from tests.lane import LANE, Command

FOLDER = tempfile.TemporaryDirectory(prefix="rollway-beside-")
STANDS = "--lab-stands"


def is_beside(item: pytest.Item) -> bool:
    """Whether a test is for the pytest beside."""
    mark = item.get_closest_marker("lab")
    return bool(mark and mark.kwargs.get("beside"))


def command_of(items: Sequence[pytest.Item]) -> Command:
    """The command that runs the tests beside, on a lab that stands; its report is `_report()`."""
    names = (str(ROOT / item.nodeid) for item in items if is_beside(item))
    pytest_itself = (sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-v", STANDS)
    return (*pytest_itself, f"--junitxml={_report()}", *names)


def put_last(items: list[pytest.Item]) -> None:
    """Let the tests beside want nothing here but the lab, when all others are over.

    Their fixtures are set up there. Other tests of their files come after them: they do harm to
    what those look at.
    """
    files = {item.path for item in items if is_beside(item)}
    items.sort(key=lambda item: (item.path in files) * (1 if is_beside(item) else 2))
    for item in items:
        if isinstance(item, pytest.Function) and is_beside(item):
            item.fixturenames = ["lab"]


def tell(item: pytest.Function) -> None:
    """Wait for the pytest beside, and end as the test ended there."""
    ran = LANE.ran(command_of(item.session.items))
    module = item.nodeid.partition("::")[0].removesuffix(".py").replace("/", ".")
    case = _cases().get((module, item.name))
    assert case is not None, f"exit {ran.returncode}, and it never ran"
    for found in case:
        if found.tag == "skipped":
            pytest.skip(str(found.get("message")))
        if found.tag in {"failure", "error"}:
            pytest.fail(str(found.text), pytrace=False)


def _report() -> Path:
    return Path(FOLDER.name, "report.xml")


def _cases() -> dict[tuple[str, str], ET.Element]:
    """(module, test) → what the pytest beside reports of it."""
    if not _report().exists():
        return {}
    tree = ET.parse(_report())
    return {(str(one.get("classname")), str(one.get("name"))): one for one in tree.iter("testcase")}
