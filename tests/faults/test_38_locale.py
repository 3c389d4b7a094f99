"""People and reasons with other letters, in a terminal that claims to know none of them."""

from __future__ import annotations

import json

import pytest

from rollway import exits
from tests.faults.fleet import Fleet

pytestmark = pytest.mark.long

REASON = "stěhování databáze 数据库"
OWNERS = [
    pytest.param("Žižek", "Žižek", id="UTF-8"),
    pytest.param("\udcaei\udcbeek", "?i?ek", id="Latin-2", marks=pytest.mark.long),
]


@pytest.fixture(autouse=True)
def plain_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """No UTF-8 is promised, and no CI job is the owner."""
    for name in ("LANG", "LC_ALL"):
        monkeypatch.setenv(name, "C")
    for name in ("BUILD_TAG", "GITHUB_RUN_ID", "PYTHONUTF8", "PYTHONIOENCODING"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(("user", "named"), OWNERS)
def test_a_name_with_other_letters_locks_freezes_and_is_recorded(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch, user: str, named: str
) -> None:
    monkeypatch.setenv("SUDO_USER", user)
    with fleet.unharmed():
        result = fleet.deploy(fleet.other)
    frozen = fleet.lab.invoke("lock.acquire", f"--reason={REASON}", "--json")
    assert frozen.returncode == exits.DONE, frozen.stderr
    try:
        refused = fleet.deploy(fleet.now, code=exits.LOCKED)["said"]
    finally:
        run = json.loads(frozen.stdout)["run"]
        released = fleet.lab.invoke("lock.release", f"--run={run}")
    assert released.returncode == exits.DONE, released.stderr
    assert f"frozen by {named}@" in refused
    assert REASON in refused
    audit = json.loads(fleet.lab.invoke("audit", "--json").stdout)
    owners = [one["owner"] for one in audit if one["run"] == result["run"]]
    assert [owner.partition("@")[0] for owner in owners] == [named]
    fleet.serves(fleet.other)
