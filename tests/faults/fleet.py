"""A fleet that something is done to, and what has to hold whatever it was.

Every run ends all new, all old, or stopped and on record; and while traffic runs no request is
lost.
"""

from __future__ import annotations

import contextlib
import json
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from rollway import exits
from tests.integration.fault_fleet import GOOD, Status, is_up, is_whole
from tests.integration.lab_fleet import Lab
from tests.load import Report, StarvedError, traffic

EDGE = "edge-1"
RECORDS = "/var/lib/rollway/iris"
EDGE_RECORDS = "/var/lib/rollway-edge/iris"
SETTLING_SECONDS = 60.0


@dataclass(frozen=True)
class Fleet:
    """A lab in which every host serves the version `now`; `other` is as good."""

    lab: Lab
    now: str
    other: str

    def deploy(
        self, version: str, *options: str, lab: Lab | None = None, code: int = exits.DONE
    ) -> dict[str, Any]:
        """Deploy, here or as another environment of the same hosts; what `--json` says of it.

        Without a plan there is no result: only what stands under `said`, the text for people.
        """
        ran = (lab or self.lab).invoke("deploy", f"--version={version}", "--json", *options)
        assert ran.returncode == code, ran.stderr
        return {**json.loads(ran.stdout or "{}"), "said": ran.stderr}

    @contextlib.contextmanager
    def unharmed(self, *versions: str, rate: float = 120.0) -> Iterator[Report]:
        """Load for the length of the block that loses nothing; answers are of good versions.

        StarvedError where the load or the block failed while this machine stood still.
        """
        known = {*GOOD, *versions}
        url, failed = self.lab.url, None
        with traffic(url, versions=known, rate=rate, finishes_streams=False) as report:
            try:
                yield report
            except AssertionError as error:
                failed = error
        if report.is_overloaded and (failed or report.lost or report.cut_streams):
            raise StarvedError(report.sentence()) from failed
        if failed:
            raise failed
        assert (report.lost, report.cut_streams, report.idle_closes) == ([], [], 0)
        assert report.answered > 0

    @contextlib.contextmanager
    def unchanged(self) -> Iterator[None]:
        """After the block the whole fleet is as it was before it: no other release, no lock."""
        until(lambda: is_up(self.lab.status()), "not every host serves")
        before = self.lab.status()
        yield
        until(lambda: self.lab.status() == before, "the fleet is not as it was before")

    def serves(self, version: str) -> None:
        """The whole fleet serves the version, in rotation, and nobody holds or left anything."""
        until(lambda: is_whole(self.lab.status(), version), f"not every host serves {version}")


def status_when(lab: Lab, condition: Callable[[Status], bool], trouble: str) -> Status:
    """The first status that is so."""
    seen: list[Status] = []

    def is_so() -> bool:
        seen.append(lab.status())
        return condition(seen[-1])

    until(is_so, trouble)
    return seen[-1]


def until(
    condition: Callable[[], bool], trouble: str, *, seconds: float = SETTLING_SECONDS
) -> None:
    """Wait until it is so; a server that was away is back only after its next checks."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, trouble
        time.sleep(0.2)


def new_version(row: int) -> str:
    """A version that no host has seen yet, in this lab or a kept one."""
    return f"f{row}-{secrets.token_hex(3)}"


def state_of(lab: Lab, host: str) -> dict[str, Any]:
    """What a host recorded."""
    return dict(json.loads(lab.on(host, "cat", f"{RECORDS}/state.json")))


def idle_slot(lab: Lab, host: str) -> str:
    """The slot that does not serve."""
    return "green" if state_of(lab, host)["active"] == "blue" else "blue"


def container_of(lab: Lab, host: str, slot: str = "") -> str:
    """The container of the demo that stands in a slot, or in the one that serves."""
    return f"iris-{slot or state_of(lab, host)['active']}-api-1-1"


def locked_hosts(lab: Lab) -> list[str]:
    """The hosts on which a run has its lock, by their own files."""
    places = {**dict.fromkeys(lab.hosts, RECORDS), EDGE: EDGE_RECORDS}
    listed = {host: lab.on(host, "ls", folder).split() for host, folder in places.items()}
    return [host for host, names in listed.items() if "lock.json" in names]
