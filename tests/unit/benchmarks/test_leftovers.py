"""What a benchmark takes away of its images."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from benchmarks import leftovers
from rollway.build.target import Target
from rollway.lab import engine

TARGET = Target("10.77.0.5:5000", "127.0.0.1:24006")
OURS = ["127.0.0.1:24006/bench-web:b1-1", "127.0.0.1:24006/bench-web:b1-2"]
OTHERS = ["127.0.0.1:24006/iris:1", "127.0.0.1:24070/bench-web:b2-1", "debian:trixie-slim"]


class Fleet:
    target = TARGET

    def __init__(self) -> None:
        self.told: list[str] = []

    def on_all(self, command: str) -> list[str]:
        self.told.append(command)
        return []


@pytest.fixture
def removed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    gone: list[str] = []
    listed = [SimpleNamespace(tags=[OURS[0], OTHERS[0]]), SimpleNamespace(tags=[OURS[1]])]
    listed += [SimpleNamespace(tags=OTHERS[1:])]
    images = SimpleNamespace(list=lambda: listed, remove=gone.append)
    monkeypatch.setattr(engine, "answering", lambda: SimpleNamespace(images=images))
    return gone


@pytest.mark.parametrize("is_lab_left", [True, False])
def test_only_images_of_this_lab_go(removed: list[str], is_lab_left: bool) -> None:
    fleet: Any = Fleet()
    leftovers.remove(fleet, is_lab_left=is_lab_left)
    assert removed == OURS
    assert fleet.told == ([leftovers.clean_command(TARGET)] if is_lab_left else [])


def test_hosts_that_stay_lose_what_scripts_released() -> None:
    assert leftovers.clean_command(TARGET) == (
        "docker compose --project-directory /srv/bench down --timeout 2 && docker image ls "
        "--filter reference=10.77.0.5:5000/bench-web --format '{{.Repository}}:{{.Tag}}' | "
        "grep --invert-match '<none>' | xargs --no-run-if-empty docker image rm"
    )
