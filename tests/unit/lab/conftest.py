from __future__ import annotations

import pytest

from rollway.lab import surroundings


@pytest.fixture(autouse=True)
def machine_without_routes(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Labs that happen to stand on this machine are no matter for a unit test."""
    if "routes" not in request.node.name:
        monkeypatch.setattr(surroundings, "routes", list)
