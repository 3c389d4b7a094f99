from __future__ import annotations

from pathlib import Path

import pytest
from ansible.module_utils.rollway import timer

from tests.unit.module_utils.fakes import FakeHost


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeHost:
    """A host on which the host-side unit is installed."""
    launcher = tmp_path / "rollway-host"
    launcher.touch()
    monkeypatch.setattr(timer, "LAUNCHER", launcher)
    return FakeHost(root=tmp_path / "rollway")
