"""What every test needs: the target side under Ansible's name, and an orderly end on SIGTERM.

And one lab for all tests of a session that want one, which comes up beside the tests before them;
ROLLWAY_KEEP_LAB=1 keeps it afterwards.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import ansible.module_utils
import pytest

from rollway.checking import ROOT
from tests import beside, rotation
from tests.integration.lab_fleet import Lab, invoke, lab_of, lab_up
from tests.lane import LANE
from tests.slowest import as_lines, slowest_files

ENV = os.environ.get("ROLLWAY_TEST_LAB", "lab-test")
HOSTS = 3
SUMMARY = "summary"  # a property of a test: a line before the last ones
_TARGET_SIDE = str(ROOT / "plugins" / "module_utils")

if _TARGET_SIDE not in ansible.module_utils.__path__:
    ansible.module_utils.__path__.append(_TARGET_SIDE)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--rotation", action="store_true", help="of the long tests only some, in turn")
    parser.addoption(beside.STANDS, action="store_true", help="the lab stands, and stays")


def pytest_configure() -> None:
    """A CI's abort is SIGTERM: end as after Ctrl-C, so that fixtures take their labs down."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With --rotation the long tests that have no turn at this commit are left out."""
    if config.option.rotation:
        _take_turns(config, items)
    if not config.option.lab_stands:
        beside.put_last(items)


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """A test beside says what became of it there."""
    if pyfuncitem.config.option.lab_stands or not beside.is_beside(pyfuncitem):
        return None
    beside.tell(pyfuncitem)
    return True


def _take_turns(config: pytest.Config, items: list[pytest.Item]) -> None:
    marks = {item.nodeid: item.get_closest_marker("long") for item in items}
    known = {name: _seconds(mark) for name, mark in marks.items() if mark}
    chosen = rotation.choose(known, rotation.commit_of_checkout())
    left = [item for item in items if item.nodeid in known and item.nodeid not in chosen]
    config.hook.pytest_deselected(items=left)
    items[:] = [item for item in items if item not in left]


def _seconds(mark: pytest.Mark) -> int:
    """What a long test says that it takes, its fixtures included."""
    return int(mark.kwargs.get("seconds", rotation.USUAL_SECONDS))


def pytest_report_collectionfinish(
    config: pytest.Config, items: list[pytest.Item]
) -> list[str] | None:
    if not config.option.rotation:
        return None
    chosen = [item.nodeid for item in items if item.get_closest_marker("long")]
    return rotation.report(chosen, rotation.commit_of_checkout())


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The slowest files, for who adds to them, and the counts of tests that ran beside."""
    found = [one for kind in terminalreporter.stats.values() for one in kind]
    reports = [one for one in found if isinstance(one, pytest.TestReport)]
    for report in reports:
        line = dict(report.user_properties).get(SUMMARY) if report.when == "call" else None
        if line:
            terminalreporter.line(str(line))
    terminalreporter.section("slowest test files")
    for line in as_lines(slowest_files(reports)):
        terminalreporter.line(line)


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> None:
    """Where a test wants the lab, it comes up at once, beside the tests before it."""
    wants = any("lab" in getattr(item, "fixturenames", ()) for item in session.items)
    option = session.config.option
    if wants and not (option.collectonly or option.lab_stands or session.testsfailed):
        LANE.add(lab_up(ENV, hosts=HOSTS))


@pytest.fixture(scope="session")
def lab(request: pytest.FixtureRequest) -> Lab:
    """Three app hosts, an edge and a registry, provisioned; taken down when the session ends."""
    if request.config.option.lab_stands:
        return lab_of(ENV)
    ran = LANE.ran(lab_up(ENV, hosts=HOSTS))
    assert ran.returncode == 0, ran.stderr
    return lab_of(ENV)


@pytest.hookimpl(wrapper=True, trylast=True)  # before the summary
def pytest_sessionfinish() -> Iterator[None]:
    """After the fixtures, and where one of them fails, too: nothing runs on, and no lab is left."""
    try:
        return (yield)
    finally:
        LANE.close()
        if LANE.has(lab_up(ENV, hosts=HOSTS)) and os.environ.get("ROLLWAY_KEEP_LAB") != "1":
            invoke("lab.down", f"--env={ENV}")
