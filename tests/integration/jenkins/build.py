"""Builds that Declarative.groovy records of a Jenkinsfile, and their `sh` lines run for real."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.family import run_family
from tests.integration.jenkins.groovy import Groovy
from tests.integration.lab_fleet import ROOT

JENKINSFILE = ROOT / "ci" / "Jenkinsfile"
RECORD = Path(__file__).with_name("record.groovy")


@dataclass(frozen=True)
class Step:
    """One step of a build. `within` are the blocks around it, `environment` what a shell sees."""

    name: str
    value: Any
    within: tuple[tuple[str, Any], ...]
    environment: Mapping[str, str]

    @property
    def script(self) -> str:
        """The text of a `sh`."""
        return str(self.value["script"] if isinstance(self.value, dict) else self.value)

    @property
    def blocks(self) -> tuple[str, ...]:
        return tuple(name for name, _ in self.within)

    @property
    def stage(self) -> str:
        return next((str(value) for name, value in self.within if name == "stage"), "")

    @property
    def post(self) -> str:
        return next((str(value) for name, value in self.within if name == "post"), "")


@dataclass(frozen=True)
class Build:
    """What one build did, in its order."""

    steps: tuple[Step, ...]

    def of(self, name: str, *, stage: str = "") -> list[Step]:
        """The steps of a name, of one stage or of all."""
        return [s for s in self.steps if s.name == name and (not stage or s.stage == stage)]

    def the(self, name: str, *, stage: str = "") -> Step:
        """The only one of them."""
        (found,) = self.of(name, stage=stage)
        return found


def record(groovy: Groovy, scenarios: Mapping[str, Any]) -> dict[str, Build]:
    """Runs one build for each scenario: its `params`, and the `answers` to its steps.

    A scenario may name another `jenkinsfile`. What is wrong with that is the build's step `error`.
    """
    wanted = {name: {"jenkinsfile": str(JENKINSFILE), **one} for name, one in scenarios.items()}
    ran = groovy.run(RECORD, json.dumps(wanted))
    assert ran.returncode == 0, ran.stderr
    events = [json.loads(line) for line in ran.stdout.splitlines()]
    return {
        name: Build(tuple(_step(event) for event in events if event["build"] == name))
        for name in scenarios
    }


def _step(event: Mapping[str, Any]) -> Step:
    within = tuple((block["name"], block.get("value")) for block in event.get("within", []))
    return Step(event["step"], event["value"], within, event.get("environment", {}))


def run_shell(
    step: Step, *, params: Mapping[str, str], credentials: Mapping[str, Path]
) -> subprocess.CompletedProcess[str]:
    """Runs a `sh` as an agent does: by `sh -xe`, without a terminal, and with no variables of ours.

    `credentials` are files by the ending of their id. A home of its own keeps SSH connections
    away that other tests opened with other keys.
    """
    variables = {**dict(_with_paths(step.environment, credentials)), **params}
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        script = Path(home) / "script.sh"
        script.write_text(step.script, encoding="utf-8")
        own = {"HOME": home, "PATH": os.environ["PATH"]}
        assignments = [f"{name}={value}" for name, value in {**own, **variables}.items()]
        return run_family(["env", "-i", *assignments, "sh", "-xe", str(script)])


def _with_paths(
    environment: Mapping[str, str], credentials: Mapping[str, Path]
) -> Iterator[tuple[str, str]]:
    """The environment with the path of a file in place of each credential's id, in braces."""
    env = environment["ENVIRONMENT"]
    for name, text in environment.items():
        value = text
        for ending, path in credentials.items():
            value = value.replace(f"{{rollway-{env}-{ending}}}", str(path))
        yield name, value


def found(patterns: str, *, among: Sequence[Path]) -> set[Path]:
    """The files in these folders that patterns of `junit` or `archiveArtifacts` find."""
    paths = {path for pattern in patterns.split(",") for path in ROOT.glob(pattern.strip())}
    return {path for path in paths if path.parent in among}
