"""Rendered projects, read by the Compose and the engine that app hosts have: what they make of it.

Containers are created and never started, from an image without content.
"""

from __future__ import annotations

import base64
import io
import json
import subprocess
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from rollway.lab.role_inputs import container_name
from tests.integration.lab_fleet import Lab
from tests.unit.release.app_fixtures import build, write

pytestmark = pytest.mark.lab

APP = "rendered"
IMAGE = "rollway.test/empty:1.0"
PLACE = f"/var/tmp/{APP}"
HARD = {
    "DOLLAR": "$",
    "DOLLARS": "$$",
    "HOME_OF_NOBODY": "${HOME}",
    "HASH": "a # b",
    "QUOTES": "'\"",
    "LINES": "a\nb\n",
    "BACKSLASH": "\\n",
    "PASSWORD": "P@$$w0rd#'\"${X}$Y",
    "OCTAL": "0o17",
    "NORWAY": "no",
    "TIME": "22:22",
    "EMPTY": "",
    "EMOJI": "ü€😀",
}
FILE: dict[str, Any] = {
    "services": {
        "api": {
            "image": "rollway.test/empty:${ROLLWAY_VERSION:-dev}",
            "command": ["serve", "--price", "5$$", "$${HOME}"],
            "environment": dict.fromkeys(HARD),
            "env_file": "api.env",
            "labels": {"price": "5$$"},
            "ports": ["8000:8000"],
            "volumes": ["data:/data", "./conf:/conf"],
            "secrets": [{"source": "key", "uid": "1000"}],
            "configs": ["app"],
            "depends_on": {"db": {"condition": "service_healthy"}},
            "networks": ["front"],
            "stop_grace_period": "45s",
            "healthcheck": {"test": ["CMD", "true"], "interval": "5s"},
            "deploy": {
                "replicas": 2,
                "resources": {"limits": {"memory": "64M"}},
                "update_config": {"parallelism": 2},
            },
        },
        "mail": {"image": "rollway.test/empty:${ROLLWAY_VERSION}", "depends_on": ["api"]},
        "db": {"image": IMAGE, "ports": ["5432"], "volumes": ["pg:/pg"]},
    },
    "networks": {"front": {"internal": False}},
    "volumes": {"data": None, "pg": None},
    "secrets": {"key": {"environment": "PASSWORD"}},
    "configs": {"app": {"content": "a: $$b\n"}},
    "x-rollway": {
        "http": {"service": "api", "port": 8000},
        "services": {"db": {"class": "accessory", "hosts": "app-1"}},
    },
}


@dataclass(frozen=True)
class Host:
    """An app host of the lab: a container of this machine."""

    container: str

    def run(self, *command: str, stdin: bytes = b"") -> str:
        """The output of a command on the host, which must succeed."""
        whole = ["docker", "exec", "--interactive", self.container, *command]
        ran = subprocess.run(whole, input=stdin, capture_output=True, check=False)
        assert ran.returncode == 0, ran.stderr.decode()
        return ran.stdout.decode()

    def compose(self, project: str, file: str, *words: str) -> str:
        """`docker compose` as the target side calls it."""
        env_file = f"{PLACE}/{project}.env"
        named = ["--project-name", project, "--env-file", env_file, "--file", f"{PLACE}/{file}"]
        return self.run("docker", "compose", *named, *words)

    def inspect(self, container: str) -> dict[str, Any]:
        found: list[dict[str, Any]] = json.loads(self.run("docker", "inspect", container))
        return found[0]


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("apps")
    write(folder, "api.env", "FROM_FILE='P@$$w0rd ${HOME}'\n")
    write(folder, "conf/a.conf")
    return build(folder, FILE, variables=HARD, resolve=str)


@pytest.fixture(scope="module")
def host(lab: Lab, manifest: dict[str, Any]) -> Iterator[Host]:
    """A host with both slots and the accessories created from one manifest."""
    found = Host(container_name(lab.env, lab.hosts[0]))
    try:
        create_all(found, manifest)
        yield found
    finally:
        remove_all(found, manifest)


def create_all(host: Host, manifest: dict[str, Any]) -> None:
    """Everything that staging and starting would make, but nothing runs."""
    files = {"compose.yml": manifest["compose"], "db.yml": manifest["accessories"]["compose"]}
    files |= {f"{APP}-{slot}.env": environment(slot) for slot in ("blue", "green", "accessories")}
    contents = {name: text.encode() for name, text in files.items()}
    for one in manifest["files"]:
        contents[f"files/{one['path']}"] = base64.b64decode(one["content_base64"])
    host.run("mkdir", "-p", PLACE)
    host.run("tar", "--extract", "--directory", PLACE, stdin=archive(contents))
    host.run("docker", "import", "--change", 'CMD ["/none"]', "-", IMAGE, stdin=archive({}))
    for name in manifest["volumes"]:
        host.run("docker", "volume", "create", name)
    for slot in ("blue", "green"):
        host.compose(f"{APP}-{slot}", "compose.yml", "create", "--pull", "never")
    host.compose(f"{APP}-accessories", "db.yml", "create", "--pull", "never")


def remove_all(host: Host, manifest: dict[str, Any]) -> None:
    for slot in ("blue", "green"):
        host.compose(f"{APP}-{slot}", "compose.yml", "down", "--volumes")
    host.compose(f"{APP}-accessories", "db.yml", "down", "--volumes")
    host.run("docker", "volume", "rm", *manifest["volumes"])
    host.run("docker", "rmi", IMAGE)
    host.run("rm", "-r", PLACE)


def environment(slot: str) -> str:
    """The slot's env file, as the target side writes it."""
    first = {"blue": 29990, "green": 29992, "accessories": 0}[slot]
    values = {
        "ROLLWAY_ADDRESS": "127.0.0.1",
        "ROLLWAY_ACCESSORY_DB": "10.77.0.9",
        "ROLLWAY_FILES": f"{PLACE}/files",
        "ROLLWAY_RELEASE": "7-1.0",
        "ROLLWAY_SLOT": slot,
        "ROLLWAY_PORT_API_1": str(first),
        "ROLLWAY_PORT_API_2": str(first + 1),
    }
    return "".join(f"{name}={value}\n" for name, value in values.items())


def archive(contents: dict[str, bytes]) -> bytes:
    """Files as a tar archive."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as tar:
        for name, content in contents.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), 0o644
            tar.addfile(entry, io.BytesIO(content))
    return stream.getvalue()


def test_values_reach_a_container_as_they_were(host: Host) -> None:
    pairs = (one.partition("=") for one in host.inspect(f"{APP}-blue-api-1-1")["Config"]["Env"])
    found = {name: value for name, _, value in pairs}
    assert {name: found.get(name) for name in HARD} == HARD
    assert found["FROM_FILE"] == "P@$$w0rd ${HOME}"


def test_a_command_and_labels_keep_their_dollars(host: Host) -> None:
    config = host.inspect(f"{APP}-blue-api-2-1")["Config"]
    assert config["Cmd"] == ["serve", "--price", "5$", "${HOME}"]
    labels = config["Labels"]
    assert labels["price"] == "5$"
    assert labels["io.rollway.slot"] == "blue"
    assert labels["io.rollway.release"] == "7-1.0"
    assert labels["io.rollway.class"] == "web"


def test_every_replica_has_one_port_of_its_own_in_each_slot(host: Host) -> None:
    found = {
        (slot, replica): host.inspect(f"{APP}-{slot}-api-{replica}-1")["HostConfig"]["PortBindings"]
        for slot in ("blue", "green")
        for replica in (1, 2)
    }
    bound = [one["8000/tcp"][0] for one in found.values()]
    assert [one["HostPort"] for one in bound] == ["29990", "29991", "29992", "29993"]
    assert {one["HostIp"] for one in bound} == {"127.0.0.1"}


def test_slots_have_networks_of_their_own_and_replicas_one_name(host: Host) -> None:
    for slot in ("blue", "green"):
        networks = host.inspect(f"{APP}-{slot}-api-2-1")["NetworkSettings"]["Networks"]
        assert list(networks) == [f"{APP}-{slot}_front"]
        assert "api" in networks[f"{APP}-{slot}_front"]["Aliases"]


def test_files_and_volumes_are_mounted(host: Host) -> None:
    mounts = host.inspect(f"{APP}-green-api-1-1")["Mounts"]
    found = {one["Destination"]: (one.get("Name") or one["Source"], one["RW"]) for one in mounts}
    assert found == {
        "/data": ("iris_data", True),
        "/conf": (f"{PLACE}/files/binds/conf", False),
        "/run/secrets/key": (f"{PLACE}/files/secrets/key-1000-0-0400", False),
        "/app": (f"{PLACE}/files/configs/app", False),
    }


def test_limits_grace_and_restart_are_those_of_the_file(host: Host) -> None:
    found = host.inspect(f"{APP}-blue-api-1-1")
    assert found["HostConfig"]["Memory"] == 64 * 2**20
    assert found["HostConfig"]["RestartPolicy"]["Name"] == "unless-stopped"
    assert found["HostConfig"]["ExtraHosts"] == ["db:10.77.0.9"]
    assert found["Config"]["StopTimeout"] == 45
    assert found["Config"]["Healthcheck"]["Interval"] == 5_000_000_000


def test_an_accessory_is_published_on_the_host_address(host: Host) -> None:
    found = host.inspect(f"{APP}-accessories-db-1")["HostConfig"]["PortBindings"]
    assert found == {"5432/tcp": [{"HostIp": "127.0.0.1", "HostPort": "5432"}]}


def test_the_project_is_what_compose_understands_of_it(host: Host, tmp_path: Path) -> None:
    """`config` warns about what it does not know and about variables that are not set."""
    env_file = f"{PLACE}/{APP}-blue.env"
    command = ["docker", "exec", host.container, "docker", "compose", "--project-name", "x"]
    command += ["--env-file", env_file, "--file", f"{PLACE}/compose.yml", "config", "--quiet"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
