from __future__ import annotations

import pytest

from rollway import exits
from rollway.errors import RollwayError
from rollway.lab import engine


def test_an_engine_named_by_docker_host_is_never_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///absent.sock")
    said: list[str] = []
    with pytest.raises(RollwayError) as refused:
        engine.ensure(said.append)
    assert said == []
    assert refused.value.exit_code == exits.REFUSED
    assert str(refused.value) == (
        "docker engine: none answers on unix:///absent.sock; accepted: an engine that this user "
        "may use; as root on Debian or Ubuntu it is installed; "
        "next: docker info, or unset DOCKER_HOST"
    )
