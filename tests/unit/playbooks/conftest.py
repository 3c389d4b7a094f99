from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.playbooks.fleet import HOSTS


@pytest.fixture
def inventory(tmp_path: Path) -> Path:
    (tmp_path / "hosts.yml").write_text(HOSTS)
    compose = tmp_path / "apps" / "toy" / "compose.yml"
    compose.parent.mkdir(parents=True)
    compose.write_text("services: {}\n")
    return tmp_path
