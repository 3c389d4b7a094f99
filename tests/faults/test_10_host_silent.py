"""A host whose application does not answer is not counted as serving, whatever a run has done."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest

from rollway import exits
from tests.faults.fleet import Fleet, container_of, until
from tests.integration.fault_fleet import build

pytestmark = pytest.mark.fault

SILENT = "app-2"
CRASHES = "f10-silent"
WORDS = f"{SILENT} does not answer"


@contextlib.contextmanager
def _stopped(fleet: Fleet) -> Iterator[None]:
    """The container that serves on one host stands still for the length of the block."""
    container = container_of(fleet.lab, SILENT)
    fleet.lab.on(SILENT, "docker", "stop", container)
    try:
        until(lambda: not _is_in_rotation(fleet), "the edge does not see it")
        yield
    finally:
        fleet.lab.on(SILENT, "docker", "start", container)


def _is_in_rotation(fleet: Fleet) -> bool:
    return any(one["in_rotation"] for one in fleet.lab.status()["hosts"] if one["host"] == SILENT)


def test_a_run_with_nothing_to_do_and_status_say_so(fleet: Fleet) -> None:
    with _stopped(fleet):
        result = fleet.deploy(fleet.now, code=exits.NEEDS_PERSON)
        shown = fleet.lab.invoke("status").stdout
    assert result["sentence"].endswith(f"serves on 2 hosts; {WORDS}")
    assert f"{result['release']} on 2 of 3 hosts" in shown
    assert f"{SILENT}: does not answer the edge" in shown
    fleet.serves(fleet.now)


@pytest.mark.long(seconds=60)
def test_a_run_that_goes_back_says_so(fleet: Fleet) -> None:
    build(fleet.lab, CRASHES, FAULT="crash_loop")
    with _stopped(fleet):
        result = fleet.deploy(CRASHES, code=exits.NEEDS_PERSON)
    assert result["outcome"] == "bad"
    assert "the whole fleet serves" not in result["said"]
    assert WORDS in result["sentence"]
    assert fleet.deploy(CRASHES, code=exits.FAILED)["sentence"].endswith(
        f"the whole fleet serves {fleet.lab.status()['release']}"
    )
    fleet.serves(fleet.now)
