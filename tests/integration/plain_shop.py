"""The demo with a database, as a plain Compose project on the hosts of a lab."""

from __future__ import annotations

import base64
import contextlib
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from ansible.module_utils.rollway.slot import RUNTIME_RACE

from tests.integration import toy
from tests.integration.changed_demo import changed_demo
from tests.integration.fault_fleet import environment
from tests.integration.lab_fleet import ROOT, Lab

PROJECT = "shop"
PORT, ROWS_PORT = 8000, 18001
FOLDER = "/srv/shop"
ROW, UPLOAD = "/rows/row", "/uploads/upload"
# The database is the demo's own image, under a tag that no release replaces.
DATABASE = """
  db:
    image: ${{REGISTRY:-localhost:5000}}/iris:{tag}
    command: [python3, -m, http.server, "18001", --directory, /rows]
    user: "0"
    expose: ["18001"]
    volumes: ["rows:/rows"]
    stop_grace_period: 1s
    healthcheck:
      test: [CMD, python3, -c, "import socket; socket.create_connection(('127.0.0.1', 18001), 1)"]
      interval: 5s
      start_period: 20s
      start_interval: 200ms

volumes:
{volumes}
x-rollway:
  services: {{db: {{class: accessory, hosts: all}}}}
"""
READ_ONLY = "    read_only: true\n"
WITH_DATABASE = """\
    volumes: ["uploads:/uploads"]
    depends_on: {db: {condition: service_healthy}}
"""
NAMED = "  rows: {{name: {project}_rows}}\n  uploads: {{name: {project}_uploads}}\n"
OWN = "  rows: {}\n  uploads: {}\n"


@dataclass(frozen=True)
class Shop:
    """The project on every host of a lab, whose environment has the application's file."""

    lab: Lab

    def start(self, version: str, text: str) -> None:
        """Let the project run everywhere, with data of each host's own."""
        with ThreadPoolExecutor() as pool:
            list(pool.map(lambda host: self._start(host, version, text), self.lab.hosts))

    def stop(self) -> None:
        """Take all of it away, the volumes too."""
        projects = f"label=com.docker.compose.project={PROJECT}"
        script = (
            f"docker ps -aq --filter={projects} | xargs -r docker rm -f;"
            f" docker network ls -q --filter={projects} | xargs -r docker network rm;"
            f" docker volume rm -f {PROJECT}_rows {PROJECT}_uploads"
        )
        with ThreadPoolExecutor() as pool:
            list(pool.map(lambda host: self.lab.on(host, "sh", "-c", script), self.lab.hosts))

    def compose(self, host: str, *words: str) -> str:
        """Run `docker compose` on a host, as a person there would."""
        file = ("--project-name", PROJECT, "--file", f"{FOLDER}/compose.yml")
        return self.lab.on(host, "docker", "compose", "--progress=quiet", *file, *words)

    def containers(self, host: str) -> dict[str, str]:
        """The project's containers that run: service → id."""
        shown = self.lab.on(
            host,
            *("docker", "ps", "--no-trunc"),
            f"--filter=label=com.docker.compose.project={PROJECT}",
            '--format={{.Label "com.docker.compose.service"}} {{.ID}}',
        )
        return {line.split()[0]: line.split()[1] for line in shown.splitlines()}

    def volumes(self, host: str) -> dict[str, str]:
        """When each of the project's volumes was made: one that was made anew differs."""
        names = [f"{PROJECT}_rows", f"{PROJECT}_uploads"]
        made = self.lab.on(host, "docker", "volume", "inspect", "--format={{.CreatedAt}}", *names)
        return dict(zip(names, made.split(), strict=True))

    def networks(self, host: str) -> str:
        """The networks that the project has."""
        label = f"--filter=label=com.docker.compose.project={PROJECT}"
        return self.lab.on(host, "docker", "network", "ls", "--quiet", label)

    def rows(self, host: str, container: str) -> str:
        """What the database serves, asked from another container by its old name."""
        script = "import urllib.request as u; print(u.urlopen('http://db:18001/row').read())"
        return self.lab.on(host, "docker", "exec", container, "python3", "-c", script)

    def _start(self, host: str, version: str, text: str) -> None:
        self._pull(host, version)
        self._write(host, text, version)
        self._up(host)
        for service, path in (("db", ROW), ("api", UPLOAD)):
            self._in(host, service, f"echo {host} > {path}")

    def _up(self, host: str) -> None:
        """Once more where the runtime lost its own child, as Rollway does it."""
        up = ("up", "--detach", "--no-build", "--wait")
        try:
            self.compose(host, *up)
        except subprocess.CalledProcessError as failed:
            if RUNTIME_RACE not in failed.stderr:
                raise
            self.compose(host, *up)

    def _in(self, host: str, service: str, script: str) -> None:
        name = f"{PROJECT}-{service}-1"
        self.lab.on(host, "docker", "exec", "--user=0", name, "sh", "-c", script)

    def _pull(self, host: str, version: str) -> None:
        """With a login that is gone afterwards: Rollway sends its own with each pull."""
        known = toy.settings(self.lab)
        registry, user = known["rollway_registry"], known["rollway_registry_username"]
        login = f"printf %s {toy.password(self.lab)} | docker login -u {user} --password-stdin"
        pull = f"docker pull --quiet {registry}/iris:{version}"
        away = f"trap 'docker logout {registry}' EXIT"
        self.lab.on(host, "sh", "-c", f"{away}; {login} {registry} && {pull}")

    def _write(self, host: str, text: str, version: str) -> None:
        registry = toy.settings(self.lab)["rollway_registry"]
        values = f"REGISTRY={registry}\nROLLWAY_VERSION={version}\n"
        for name, content in (("compose.yml", text), (".env", values)):
            coded = base64.b64encode(content.encode()).decode()
            script = f"mkdir -p {FOLDER} && echo {coded} | base64 -d > {FOLDER}/{name}"
            self.lab.on(host, "sh", "-c", script)


def demo_with_database(text: str, *, tag: str, volumes: str) -> str:
    """The demo's file with a database, and a volume for the web service."""
    assert text.count(READ_ONLY) == 1
    text = text.replace(READ_ONLY, READ_ONLY + WITH_DATABASE)
    head, _, settings = text.partition("\nx-rollway:\n")
    assert settings
    return head + DATABASE.format(tag=tag, volumes=volumes) + settings


@contextlib.contextmanager
def plain_shop(lab: Lab, version: str, *, is_named: bool = True) -> Iterator[tuple[Lab, Shop]]:
    """The project runs on every host; the environment's file names its volumes, or does not."""
    named = NAMED.format(project=PROJECT)

    def change(text: str) -> str:
        return demo_with_database(text, tag=version, volumes=named if is_named else OWN)

    with (
        changed_demo(change) as apps,
        environment(lab, "shop", apps_dir=apps, START_PERIOD="3s") as env,
    ):
        shop = Shop(env)
        text = (ROOT / "apps/iris/compose.yml").read_text()
        shop.stop()
        try:
            shop.start(version, demo_with_database(text, tag=version, volumes=named))
            yield env, shop
        finally:
            shop.stop()
