"""The release that a deploy asks for: what version control and the registry add to the files."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from rollway.rollout import candidate as module
from rollway.rollout.candidate import candidate
from rollway.rollout.inputs import Inputs

DIGEST = "sha256:" + "a1" * 32
COMPOSE = """
services:
  api:
    image: ${REGISTRY}/iris:${ROLLWAY_VERSION:-dev}
    ports: ["8000:8000"]
  db:
    image: postgres:17
    ports: ["5432:5432"]
x-rollway:
  http: {service: api, port: 8000}
  services:
    db: {class: accessory, hosts: app-1}
"""


class Registry:
    """Knows the images of its own name."""

    def resolve(self, reference: str) -> str:
        return f"10.0.0.5:5000/iris@{DIGEST}" if reference.startswith("10.0.0.5") else reference

    def layers(self, reference: str) -> dict[str, int] | None:
        return {"sha256:base": 7} if reference.startswith("10.0.0.5") else None


@pytest.fixture
def inputs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Inputs:
    folder = tmp_path / "apps" / "iris"
    folder.mkdir(parents=True)
    (folder / "compose.yml").write_text(COMPOSE)
    who = ["-c", "user.name=Ana", "-c", "user.email=ana@example.com"]
    for words in (["init", "--quiet"], ["add", "."], [*who, "commit", "--quiet", "-m", "Begin"]):
        subprocess.run(["git", "-C", str(folder), *words], check=True)
    monkeypatch.setattr(module, "_registry_client", lambda _: Registry())
    values: dict[str, Any] = {
        **dict.fromkeys(("to", "run_id", "url"), ""),
        **dict.fromkeys(("reads_only", "must_confirm"), False),
        "verb": "deploy",
        "env": "staging",
        "app": "iris",
        "version": "1.0.0",
        "apps_dir": tmp_path / "apps",
        "runs_dir": tmp_path / "runs",
        "app_hosts": ["app-1"],
        "edges": ["edge-1"],
        "addresses": {"app-1": "192.0.2.11"},
        "registry": {"registry": "10.0.0.5:5000"},
        "variables": {},
        "process": 1,
    }
    return Inputs(**values)


def test_a_release_names_its_commit_and_the_layers_to_pull(inputs: Inputs) -> None:
    found = candidate(inputs, "iris")
    assert found["source"]["author"] == "Ana <ana@example.com>"
    assert found["layers"] == {f"10.0.0.5:5000/iris@{DIGEST}": {"sha256:base": 7}}


def test_its_hash_is_the_same_whatever_the_registry_tells(
    inputs: Inputs, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = candidate(inputs, "iris")["hash"]
    monkeypatch.setattr(Registry, "layers", lambda *_: None)
    assert candidate(inputs, "iris")["hash"] == known
