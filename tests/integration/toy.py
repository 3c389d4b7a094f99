"""A small application for tests of the target side: a server whose faults can be chosen."""

from __future__ import annotations

import base64
import functools
import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import docker
import yaml

from rollway.lab.paths import lab_paths
from tests.integration.lab_fleet import ROOT, Lab

APP = "toy"
DATABASE_PORT = 18000
SERVER = """\
import os, signal, sys, threading, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

FAULT, VERSION = os.environ.get("FAULT", ""), os.environ["VERSION"]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.path.startswith("/stream/"):
            return self.stream(int(self.path.rpartition("/")[2]))
        if "Upgrade" in self.headers:
            return self.upgrade()
        body = VERSION.encode()
        self.send_response(503 if FAULT == "never_ready" else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def stream(self, seconds):
        self.send_response(200)
        self.send_header("Content-Length", str(10 * seconds))
        self.end_headers()
        for _ in range(10 * seconds):
            self.wfile.write(b"x")
            self.wfile.flush()
            time.sleep(0.1)

    def upgrade(self):
        self.close_connection = True
        self.send_response(101)
        self.send_header("Connection", "Upgrade")
        self.send_header("Upgrade", self.headers["Upgrade"])
        self.end_headers()
        while line := self.rfile.readline():
            self.wfile.write(VERSION.encode() + b" heard " + line)

    def log_message(self, *_):
        pass


print("starting with fault", FAULT or "none", flush=True)
if FAULT == "crash_loop":
    time.sleep(0.3)
    sys.exit("no model to load")
server = ThreadingHTTPServer(("", 8000), Handler)
signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
server.serve_forever()
"""
CHECK = "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/', timeout=1)"


@functools.cache
def image(lab: Lab, version: str) -> str:
    """Make an image of the lab host's own Python, push it, and return it by digest.

    No public registry is needed for it. Versions differ by a variable only.
    """
    client = docker.from_env(timeout=120)
    known = settings(lab)
    repository = f"{known['rollway_registry_controller']}/{APP}"
    client.api.import_image_from_data(
        _python(lab),
        repository=repository,
        tag=version,
        changes=[f"ENV VERSION={version}", 'CMD ["python3", "/app/server.py"]'],
    )
    login = {"username": known["rollway_registry_username"], "password": password(lab)}
    pushed = client.api.push(repository, tag=version, auth_config=login, stream=True, decode=True)
    text = json.dumps(list(pushed))
    client.images.remove(f"{repository}:{version}", force=True)  # the registry has it now
    digest = re.search(r'"Digest": "(sha256:[0-9a-f]{64})"', text)
    assert digest, text
    return f"{known['rollway_registry']}/{APP}@{digest[1]}"


@functools.cache
def _python(lab: Lab) -> bytes:
    """The host's interpreter with what it links to, as a root file system."""
    host = docker.from_env().containers.get(f"rollway-{lab.env}-{lab.hosts[0]}")
    script = (
        "cd / && mkdir -p /tmp/empty/tmp && set -- $(ldd usr/bin/python3 | grep -o '/lib[^ ]*')"
        " && tar -c --exclude=__pycache__ --exclude=ensurepip --exclude=pydoc_data"
        " lib lib64 usr/bin/python3* usr/lib/python3.*"
        ' $(for one in "$@"; do realpath "$one" | cut -c2-; echo "usr$one"; done | sort -u)'
        " -C /tmp/empty tmp 2>/dev/null"
    )
    ended = host.exec_run(["sh", "-c", script], stderr=False)
    assert ended.exit_code == 0
    return bytes(ended.output)


def password(lab: Lab) -> str:
    """The registry's password of a lab."""
    return (lab_paths(lab.of or lab.env).folder / "registry_password").read_text().strip()


def registry_auth(lab: Lab) -> dict[str, str]:
    """The login as the module takes it."""
    known = settings(lab)
    return {
        "serveraddress": known["rollway_registry"],
        "username": known["rollway_registry_username"],
        "password": password(lab),
    }


def manifest(
    lab: Lab, release: str, *, fault: str = "", has_check: bool = True, digest: str = ""
) -> dict[str, Any]:
    """A release as the controller renders it: a web service and a worker."""
    version = release.partition("-")[2]
    reference = digest or image(lab, version)
    checked = {"healthcheck": healthcheck()} if has_check else {}
    project = {
        "services": {
            "api-1": {
                **_service(reference, fault),
                "ports": ["${ROLLWAY_ADDRESS}:${ROLLWAY_PORT_API_1}:8000"],
                **checked,
            },
            "worker-1": {**_service(reference, ""), **checked},
        },
        "volumes": {"data": {"name": f"{APP}_data", "external": True}},
    }
    content = {
        "schema": 1,
        "app": APP,
        "version": version,
        "images": {"api": reference, "worker": reference},
        "compose": yaml.safe_dump(project),
        "files": [_file("app/server.py", SERVER, "0644"), _file("app/key", "a$b\n", "0400")],
        "volumes": [f"{APP}_data"],
        "services": [
            _described("api", "web", has_check=has_check),
            _described("worker", "worker", has_check=has_check),
        ],
        "accessories": None,
        "http": {"service": "api", "port": 8000, "ready": "/", "drain_seconds": 10},
        "rollout": {},
    }
    text = json.dumps(content, sort_keys=True)
    found = hashlib.sha256(text.encode()).hexdigest()
    source = {"commit": "c0ffee"}
    return {
        **content,
        "hash": found,
        "id": release,
        "created": "2026-01-31T12:00:00Z",
        "source": source,
    }


def with_database(content: dict[str, Any], host: str, address: str) -> dict[str, Any]:
    """The same release with an accessory on `host`, played by the same server."""
    reference = content["images"]["api"]
    service = {
        "image": reference,
        "restart": "always",
        "volumes": ["${ROLLWAY_FILES}/app:/app:ro", "rows:/rows"],
        "ports": [f"${{ROLLWAY_ADDRESS}}:{DATABASE_PORT}:8000"],
        "healthcheck": healthcheck(),
    }
    described = {
        "name": "db",
        "hosts": [host],
        "addresses": {host: address},
        "port": DATABASE_PORT,
        "condition": "service_healthy",
    }
    rows = {"name": f"{APP}_rows", "external": True}
    accessories = {
        "compose": yaml.safe_dump({"services": {"db": service}, "volumes": {"rows": rows}}),
        "hash": "d" * 64,
        "images": {"db": reference},
        "services": [described],
    }
    volumes = [*content["volumes"], rows["name"]]
    return {**content, "accessories": accessories, "volumes": volumes}


def _service(reference: str, fault: str) -> dict[str, Any]:
    return {
        "image": reference,
        "environment": {"FAULT": fault, "DOLLAR": "a$$b"},
        "restart": "always",
        "stop_grace_period": "2s",
        "volumes": ["${ROLLWAY_FILES}/app:/app:ro", "data:/data"],
    }


def healthcheck() -> dict[str, Any]:
    """A check of the server that is quick at the start."""
    return {
        "test": ["CMD", "python3", "-c", CHECK],
        "interval": "5s",
        "start_interval": "200ms",
        "start_period": "20s",
    }


def _described(name: str, kind: str, *, has_check: bool) -> dict[str, Any]:
    return {
        "name": name,
        "class": kind,
        "replicas": 1,
        "containers": [f"{name}-1"],
        "port": 8000 if kind == "web" else None,
        "has_healthcheck": has_check,
        "ready_deadline_seconds": 5,
        "stop_grace_seconds": 2,
        "memory_bytes": None,
        "start_first": False,
    }


def _file(path: str, content: str, mode: str) -> dict[str, str]:
    return {
        "path": path,
        "sha256": hashlib.sha256(content.encode()).hexdigest(),
        "mode": mode,
        "content_base64": base64.b64encode(content.encode()).decode(),
    }


@functools.cache
def settings(lab: Lab) -> dict[str, str]:
    """The inventory's variables of the host that the toy is tried on."""
    asked = ["ansible-inventory", f"--inventory={lab.inventory}", f"--host={lab.hosts[0]}"]
    command = [str(Path(sys.executable).parent / asked[0]), *asked[1:]]
    found: dict[str, str] = json.loads(subprocess.check_output(command, cwd=ROOT))
    return found
