"""The ways to release that are compared: what each is called, and the command that is timed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from benchmarks.fleet import ENV, Fleet
from rollway.lab.paths import PROJECT

FLOOR = "script, one by one"
APP = "iris"
"""The name under which Rollway releases the service: see `rollway_side`."""


@dataclass(frozen=True)
class Method:
    """One way. `variables` are those of the Compose file, for Rollway's waves."""

    name: str
    command: Callable[[Fleet, str], list[str]]
    variables: Mapping[str, str] = field(default_factory=dict)
    is_rollway: bool = False


def _script(how: str) -> Callable[[Fleet, str], list[str]]:
    def command(fleet: Fleet, version: str) -> list[str]:
        hosts = [f"{host.name}={host.address}" for host in fleet.hosts]
        script = str(PROJECT / "benchmarks" / "floor.sh")
        return [script, how, str(fleet.ssh_config), fleet.target.registry, version, *hosts]

    return command


def _playbook(fleet: Fleet, version: str) -> list[str]:
    return [
        "ansible-playbook",
        f"--inventory={fleet.inventory}",
        f"--extra-vars=bench_version={version}",
        "benchmarks/playbook.yml",
    ]


def _deploy(_fleet: Fleet, version: str) -> list[str]:
    return ["./invoke", "deploy", f"--env={ENV}", f"--app={APP}", f"--version={version}"]


def _rollway(name: str, second: str, others: str) -> Method:
    waves = {"SECOND_WAVE": second, "OTHER_WAVES": others}
    return Method(f"Rollway, waves {name}", _deploy, variables=waves, is_rollway=True)


METHODS = (
    Method(FLOOR, _script("one-by-one")),
    Method("script, all at once", _script("all-at-once")),
    Method("Ansible, ten tasks, serial 1", _playbook),
    _rollway("[1]", "1", "1"),
    _rollway("[1, 100%]", "100%", "100%"),
)
GROWTH = _rollway("[1, 25%, 100%]", "25%", "100%")
