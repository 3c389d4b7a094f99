"""A real HAProxy of its own for a test: temporary folders, loopback ports, model servers."""

from __future__ import annotations

import contextlib
import http.client
import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ansible.module_utils.rollway import edge_watch
from ansible.module_utils.rollway.edge_steps import run_edge_step
from ansible.module_utils.rollway.haproxy_socket import Master
from ansible.module_utils.rollway.haproxy_state import Running, view
from ansible.module_utils.rollway.problem import Problem

from tests.integration.edge_models import Model
from tests.load import Load, Options

BASE = """\
global
  hard-stop-after 45s
  stats timeout 60s
  lua-load {lua}
{defaults}
frontend rollway_http
  bind 127.0.0.1:{port}
  http-request set-var-fmt(txn.base) "%[req.hdr(host),field(1,:),lower]%[path]/"
  http-request set-var-fmt(txn.any) "*%[path]/"
  http-request set-var(txn.app) var(txn.base),map_beg({folder}/rollway.map)
  acl found var(txn.app) -m found
  http-request set-var(txn.app) var(txn.any),map_beg({folder}/rollway.map) unless found
{page}
  use_backend rollway_%[var(txn.app)] if found
"""
BACKEND = {
    "ready": "/v2/health/ready",
    "hosts": [],
    "path": "/",
    "retry": ["GET", "HEAD"],
    "drain_seconds": 30,
}
ROLE = Path(__file__).resolve().parents[2] / "roles/edge"
LUA = ROLE / "files/etc/haproxy/rollway.lua"
TEMPLATE = ROLE / "templates/etc/haproxy/haproxy.cfg.j2"
Result = dict[str, Any]
# A process with threads is not to be forked: cases let a thread look on.
setattr(edge_watch, "start", lambda *_: None)  # noqa: B010


@dataclass
class Rig:
    """HAProxy in `folder`, and the model servers behind it by server name."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes]
    models: dict[str, Model] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def master(self) -> Master:
        return Master(str(self.folder / "master.sock"))

    @property
    def fragment(self) -> Path:
        return self.folder / "rollway.d" / "iris.cfg"

    def add(self, name: str, version: str) -> Model:
        """Start a model server that answers as `name`."""
        self.models[name] = Model(version).start()
        return self.models[name]

    def servers(self, *ready: str, **weights: int) -> list[dict[str, Any]]:
        """All servers, these ready and the others in maint; weights by name with `_` for `-`."""
        return [
            {
                "name": name,
                "host": name.rsplit("-", 2)[0],
                "slot": name.rsplit("-", 2)[1],
                "address": "127.0.0.1",
                "port": model.port,
                "state": "ready" if name in ready else "maint",
                "weight": weights.get(name.replace("-", "_"), 100),
            }
            for name, model in self.models.items()
        ]

    def step(self, step: str = "apply", **given: Any) -> Result:
        """Do a step of the module as it stands."""
        return self._step(step, given, check=False)

    def foresee(self, **given: Any) -> Result:
        """Do `apply` in check and diff mode."""
        return self._step("apply", given, check=True)

    def shift(self, *ready: str, **given: Any) -> Result:
        """Make exactly these servers ready, with a probe of each."""
        return self.good(servers=self.servers(*ready), probe=list(ready), **given)

    def good(self, **given: Any) -> Result:
        """Do `apply` and insist that it worked."""
        result = self.step(**given)
        assert result["ok"], result["problem"]
        return result

    def running(self) -> Mapping[str, Running]:
        """What the current worker says of the servers."""
        return view(self.master).servers("rollway_iris")

    def told(self, command: str) -> None:
        """Tell the current worker something behind the module's back."""
        self.master.tell(view(self.master).pid, [command])

    def load(self, *, rate: float = 60.0, stream_seconds: float = 2.0) -> Load:
        """Load with short pauses and short streams."""
        return Load.start(
            Options(
                url=self.url,
                rate=rate,
                idle_seconds=(0.05, 1.5),
                stream_seconds=stream_seconds,
                versions=tuple({model.version for model in self.models.values()}),
            )
        )

    def ask(self, *, patience: float = 5.0, **headers: str) -> tuple[int, dict[str, str], str]:
        """Status, headers (lower case) and body of a GET through the edge."""
        channel = http.client.HTTPConnection("127.0.0.1", self.port, timeout=patience)
        channel.request("GET", "/v2/models/iris", headers=headers)
        answer = channel.getresponse()
        found = {name.lower(): value for name, value in answer.getheaders()}
        body = answer.read().decode()
        channel.close()
        return answer.status, found, body

    def page(self, state: str, *, seconds: int = 120, check: bool = False) -> Result:
        """Switch the page of maintenance of iris."""
        who = {"run": "run-9", "owner": "ana@laptop", "since": "2026-01-31T12:00:00Z"}
        notice = {"state": state, "retry_seconds": seconds, "reason": "moving", **who}
        return self._step("maintain", {"maintenance": notice}, check=check)

    def hits(self, model: Model, target: str, *, host: str) -> bool:
        """Whether a request through the edge is counted by this model server as such a one."""
        before = model.targets.count(target)
        channel = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        for _ in self.models:  # once round
            channel.request("GET", target, headers={"Host": host})
            channel.getresponse().read()
        channel.close()
        return model.targets.count(target) - before == len(self.models)

    def close(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=10)
        for model in self.models.values():
            model.close()

    def _step(self, step: str, given: Mapping[str, Any], *, check: bool) -> Result:
        params: dict[str, Any] = {
            "app": "iris",
            "step": step,
            "backend": BACKEND,
            "servers": None,
            "probe": [],
            "probe_seconds": 2.0,
            "observe_seconds": 0.0,
            "release_servers": [],
            "looks": 1,
            "back": None,
            "deadline_seconds": 10.0,
            "run_id": "run-1",
            "run": None,
            "generation": None,
            "root": str(self.folder / "root"),
            "config_dir": str(self.folder),
            "master_socket": self.master.path,
        }
        return run_edge_step({**params, **given}, check=check, diff=True)


@contextlib.contextmanager
def rig(*, patience: str = "") -> Iterator[Rig]:
    """HAProxy with no application yet; `patience` replaces the role's with clients and servers."""
    folder = Path(tempfile.mkdtemp(prefix="rollway-rig-"))
    port = free_port()
    (folder / "rollway.d").mkdir()
    (folder / "rollway.map").write_text("")
    (folder / "rollway-maintenance.map").write_text("")
    told = {"defaults": role_defaults(patience), "page": role_page(folder)}
    main = BASE.format(port=port, folder=folder, lua=LUA, **told)
    (folder / "haproxy.cfg").write_text(main)
    found = Rig(folder, port, _start(folder))
    try:
        _until_it_answers(found.master)
        yield found
    finally:
        found.close()
        shutil.rmtree(folder)


def role_defaults(patience: str = "") -> str:
    """The `defaults` of the role's template, without what logs and what Jinja makes."""
    text = TEMPLATE.read_text()
    section = text[text.index("\ndefaults\n") : text.index("\nfrontend ")].split("\n")
    plain = [line for line in section if "{" not in line and "log" not in line]
    if not patience:
        return "\n".join(plain)
    return re.sub(r"(timeout (?:client|server)) \S+", rf"\1 {patience}", "\n".join(plain))


def role_page(folder: Path) -> str:
    """The lines of the role's template that show a page of maintenance, with files of the rig."""
    lines = [line for line in TEMPLATE.read_text().splitlines() if "txn.maintenance" in line]
    assert lines
    return "\n".join(lines).replace("/etc/haproxy/", f"{folder}/")


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _start(folder: Path) -> subprocess.Popen[bytes]:
    files = ["-f", str(folder / "haproxy.cfg"), "-f", str(folder / "rollway.d")]
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(
            ["haproxy", "-W", "-S", str(folder / "master.sock"), *files],
            stdout=log,
            stderr=subprocess.STDOUT,
        )


def _until_it_answers(master: Master, seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not _answers(master):
        assert time.monotonic() < end, "HAProxy did not start"
        time.sleep(0.02)


def _answers(master: Master) -> bool:
    try:
        view(master)
    except Problem:  # no socket yet, or no worker
        return False
    return True
