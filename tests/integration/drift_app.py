"""The demo beside everything that a host may have on record, and what drift says of it."""

from __future__ import annotations

import contextlib
import json
import shlex
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from rollway import exits
from tests.family import run_family
from tests.integration.changed_demo import commit
from tests.integration.fault_fleet import GOOD, environment
from tests.integration.lab_fleet import ROOT, Lab

Finding = dict[str, Any]
IMAGE = "${REGISTRY:-localhost:5000}/iris:${ROLLWAY_VERSION:-dev}"
DATABASE = "${REGISTRY:-localhost:5000}/iris:" + GOOD[0]
LOOP = ["sh", "-c", "trap exit TERM; while :; do sleep 0.2 & wait; done"]
RECORDS = "/var/lib/rollway/iris"
TELL = (
    "import socket,sys; s=socket.socket(socket.AF_UNIX); s.connect('/run/haproxy-master.sock');"
    "s.sendall(sys.argv[1].encode()); s.recv(4096)"
)


def whole(first: str, second: str) -> dict[str, Any]:
    """Two replicas, a worker, a singleton, a job, and on one host a database with its files."""
    content: dict[str, Any] = yaml.safe_load((ROOT / "apps/iris/compose.yml").read_text())
    content["services"]["api"]["deploy"]["replicas"] = 2
    content["services"] |= {
        "mail": _looping(secrets=["key"], configs=["conf"]),
        "beat": _looping(),
        "migrate": {"image": IMAGE, "command": ["true"], "restart": "no"},
        "db": {
            "image": DATABASE,
            "command": ["python3", "-m", "http.server", "18001", "--directory", "/rows"],
            "user": "0",
            "ports": ["18001:18001"],
            "volumes": ["rows:/rows"],
            "configs": ["conf"],
            "secrets": ["key"],
            "networks": {"back": None},
            "stop_grace_period": "1s",
        },
    }
    content |= {
        "configs": {"conf": {"content": "one"}},
        "secrets": {"key": {"file": "key.txt"}},
        "networks": {"back": {"labels": {"revision": "1"}}},
        "volumes": {"rows": {}},
    }
    content["x-rollway"]["services"] = {
        "db": {"class": "accessory", "hosts": first},
        "mail": {"class": "worker"},
        "beat": {"class": "worker", "singleton": True, "hosts": second},
        "migrate": {"class": "job", "backward_compatible": True, "hosts": first},
    }
    return content


def _looping(**keys: Any) -> dict[str, Any]:
    return {"image": IMAGE, "command": LOOP, "user": "0", "stop_grace_period": "2s", **keys}


@dataclass
class App:
    """An application's folder and its environment; `content` is its Compose file, to be changed."""

    lab: Lab
    folder: Path
    content: dict[str, Any]
    table: list[tuple[str, str, str]] = field(default_factory=list)

    def write(self) -> None:
        """Put the Compose file as it is now into the folder."""
        home, text = self.folder / "iris", yaml.safe_dump(self.content)
        home.mkdir(exist_ok=True)
        path = home / "compose.yml"
        if not path.is_file() or path.read_text() != text:
            path.write_text(text)
            (home / "key.txt").write_text("secret\n")
            commit(str(self.folder))

    def run(self, verb: str, *options: str, code: int = exits.DONE) -> str:
        """A verb of ours has to end with this code; what it said."""
        ran = self.lab.invoke(*verb.split(), *options)
        assert ran.returncode == code, ran.stdout + ran.stderr
        return ran.stdout + ran.stderr

    def deploy(self, version: str = GOOD[0], *options: str, code: int = exits.DONE) -> str:
        """Release the files as they are now."""
        self.write()
        return self.run("deploy", f"--version={version}", *options, code=code)

    def drift(self, *options: str) -> list[Finding]:
        """What drift finds; hosts that do not answer are a failure of the test."""
        ran = self.lab.invoke("drift", "--json", *options)
        found = json.loads(ran.stdout)
        assert found["lost"] == []
        assert ran.returncode == (exits.DRIFT if found["findings"] else exits.DONE)
        return list(found["findings"])

    def is_clean(self, state: str, *options: str) -> None:
        """No finding in this state."""
        found = self.drift(*options)
        self.table.append(("clean", state, _shown(found) or "0 findings"))
        assert found == [], state

    def is_named(self, spoiled: str, host: str, kind: str) -> None:
        """Something is named on the host, and what drift says to type puts all of it right."""
        found = self.drift()
        typed = list(dict.fromkeys(one["next"] for one in found))
        self.table.append(("spoiled", spoiled, f"{_shown(found)}; {'; '.join(typed)}"))
        assert (host, kind) in {(one["host"], one["kind"]) for one in found}, (spoiled, found)
        for command in typed:
            self._type(command)
        left = self.drift()
        assert left == [], (spoiled, typed, left)

    def _type(self, command: str) -> None:
        """As a person copies it: on the host that it names, or here."""
        if command.startswith("on "):
            host, _, words = command.removeprefix("on ").partition(": ")
            self.lab.on(host, "sh", "-c", words)
            return
        ran: subprocess.CompletedProcess[str] = run_family(
            [str(ROOT / "invoke"), *shlex.split(command)[1:]]
        )
        assert ran.returncode == exits.DONE, (command, ran.stdout + ran.stderr)

    def slot(self, host: str) -> str:
        """The slot that serves on a host."""
        rows = {one["host"]: one for one in self.lab.status()["hosts"]}
        return str(rows[host]["slot"])

    def release(self) -> str:
        """The release that serves."""
        return str(self.lab.status()["release"])


def _shown(found: list[Finding]) -> str:
    return ", ".join(f"{one['host']} {one['kind']} {one['where']}: {one['found']}" for one in found)


@contextlib.contextmanager
def application(lab: Lab, name: str, content: dict[str, Any], **variables: str) -> Iterator[App]:
    """The content as the demo of an environment of its own."""
    told = {"START_PERIOD": "10s", **variables}
    with (
        tempfile.TemporaryDirectory() as folder,
        environment(lab, name, apps_dir=folder, **told) as env,
    ):
        app = App(env, Path(folder), content)
        try:
            yield app
        finally:
            print(*(" | ".join(row) for row in app.table), sep="\n")
