from __future__ import annotations

from pathlib import Path

import pytest
from invoke import Context, Exit

from rollway import exits
from rollway.cli import options
from rollway.cli import provision as module
from rollway.remote.playbook import Ended, Play

HOSTS = "all: {children: {app: {hosts: {app-1: {}, app-2: {}}}, edge: {hosts: {edge-1: {}}}}}\n"


@pytest.fixture
def plays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Play]:
    """The environment staging; what is run instead of a playbook."""
    (tmp_path / "staging").mkdir()
    (tmp_path / "staging" / "hosts.yml").write_text(HOSTS)
    seen: list[Play] = []

    def run(play: Play) -> Ended:
        seen.append(play)
        return Ended(0)

    monkeypatch.setattr(options, "INVENTORIES", tmp_path)
    monkeypatch.setattr(module, "run_playbook", run)
    return seen


LIMITS = [
    pytest.param("", None, id="none"),
    pytest.param("app-1,app-2", "app-1,app-2,localhost", id="names, as Ansible lists them"),
    pytest.param("app:!app-1", "app-2,localhost", id="a group without a host"),
]


@pytest.mark.parametrize(("limit", "told"), LIMITS)
def test_a_limit_keeps_the_controller(limit: str, told: str | None, plays: list[Play]) -> None:
    module.provision.body(Context(), env="staging", limit=limit)
    assert [play.limit for play in plays] == [told]


@pytest.mark.parametrize("limit", ["@/etc/passwd", "app-9"], ids=["a file", "no such host"])
def test_a_limit_that_names_no_host_is_refused(limit: str, plays: list[Play]) -> None:
    with pytest.raises(Exit) as ended:
        module.provision.body(Context(), env="staging", limit=limit)
    assert (ended.value.code, plays) == (exits.USAGE, [])
