"""A host that answers with another key is refused, by deploys and by every other way in."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator

import pytest

from rollway import exits
from tests.faults.fleet import Fleet
from tests.faults.harm import other_host_key

pytestmark = pytest.mark.fault

SWAPPED = "app-2"


@contextlib.contextmanager
def _fresh_connections(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A connection that is open was checked when it was opened: have none, while the block runs."""
    folder = tempfile.mkdtemp(prefix="rw-", dir="/tmp")  # sockets have short paths
    with monkeypatch.context() as variables:
        variables.setenv("ANSIBLE_SSH_CONTROL_PATH_DIR", folder)
        yield
    shutil.rmtree(folder)


def test_a_host_with_another_key_is_refused_before_any_change(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        fleet.unchanged(),
        fleet.unharmed(),
        other_host_key(fleet.lab, SWAPPED),
        _fresh_connections(monkeypatch),
    ):
        result = fleet.deploy(fleet.other, code=exits.REFUSED)
        read = fleet.lab.invoke("logs", "--tail=1", f"--limit={SWAPPED}")
    assert SWAPPED in result["said"]
    assert "host key verification failed" in result["said"].lower()
    assert (read.returncode, read.stdout) == (exits.REFUSED, ""), read.stderr
    assert f"{SWAPPED}: its host key is not the known one" in read.stderr
