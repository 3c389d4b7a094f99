"""drift says the truth: states that are as they should be have no finding, and what is spoiled is
named, each with a command that puts it right as it is copied.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from rollway import exits
from tests.integration.drift_app import IMAGE, RECORDS, TELL, App, application, whole
from tests.integration.fault_fleet import (
    GOOD,
    build,
    deploy,
    deploy_past_first_wave,
    kill_family,
)
from tests.integration.lab_fleet import Lab

pytestmark = pytest.mark.long(seconds=200)

FIRST, SECOND, _ = GOOD
CRASHES = "v-crashes"
EDGE_RECORDS = "/var/lib/rollway-edge/iris"


@pytest.fixture(scope="module")
def fleet(lab: Lab) -> Iterator[Lab]:
    """The lab with its versions built; afterwards the plain demo serves."""
    for version in (FIRST, SECOND):
        build(lab, version)
    build(lab, CRASHES, FAULT="crash_loop")
    yield lab
    lab.invoke("remove", "--app=iris", "--yes", "--volumes")
    deploy(lab, FIRST)


@pytest.fixture
def app(table: App) -> App:
    """The application with its first version, whatever a test before has left."""
    table.content = whole(*table.lab.hosts[:2])
    table.deploy(FIRST)
    return table


@pytest.fixture(scope="module")
def table(fleet: Lab) -> Iterator[App]:
    """The application that has everything, for the first time on these hosts."""
    fleet.invoke("remove", "--app=iris", "--yes", "--volumes")
    with application(fleet, "table", whole(*fleet.hosts[:2])) as made:
        made.deploy(FIRST)
        made.is_clean("a first deploy: accessory and job on one host, singleton, replicas")
        yield made
        made.run("remove", "--app=iris", "--yes", "--volumes")


def test_states_over_releases(app: App) -> None:
    app.deploy(SECOND)
    app.is_clean("a second release, the first one warm")
    app.content["configs"]["conf"]["content"] = "two"
    app.content["networks"]["back"]["labels"]["revision"] = "2"
    app.write()
    said = app.run("plan", f"--version={SECOND}")
    assert "accessory db: made anew on app-1: config conf, network back" in said
    app.deploy(SECOND)
    app.is_clean("a release that made an accessory anew, its network too")
    app.run("rollback", "--yes")
    app.is_clean("a warm rollback, which makes it anew as it was")
    app.run("scale", "--service=api", "--replicas=3")
    app.is_clean("a scale up")
    app.run("scale", "--service=api", "--replicas=1")
    app.is_clean("a scale down")
    app.deploy(SECOND)
    app.is_clean("a deploy after a scale, which takes the file's number")
    app.run("restart")
    app.is_clean("a restart")
    app.run("restart", "--service=mail")
    app.is_clean("a restart of workers alone")
    app.deploy(CRASHES, code=exits.FAILED)
    app.is_clean("a release that failed, and the fleet went back")


def test_states_of_runs_that_do_not_end_as_usual(app: App) -> None:
    process, _ = deploy_past_first_wave(app.lab, SECOND)
    kill_family(process)
    app.run("abort", "--yes")
    app.is_clean("an abort of a run that was killed")
    app.run("maintenance on")
    app.is_clean("maintenance is on")
    app.run("maintenance off")
    app.is_clean("maintenance is off again")
    first, *others = app.lab.hosts
    app.content["services"]["api"]["environment"] = {"MARK": "limited"}
    app.deploy(FIRST, f"--limit={first}")
    app.is_clean("a limited deploy, asked of its host", f"--limit={first}")
    app.deploy(FIRST)
    app.is_clean("the rest after a limited deploy")
    app.run("prune", "--keep=1")
    app.is_clean("a prune")
    app.lab.on(others[0], "systemctl", "restart", "docker")
    _until(lambda: all(host["healthy"] for host in app.lab.status()["hosts"]))
    app.is_clean("an engine that was restarted")


def test_a_held_release(app: App) -> None:
    app.content["x-rollway"]["rollout"] |= {"failure_action": "pause", "waves": [1, "100%"]}
    app.deploy(SECOND)
    app.content["services"]["mail"]["command"] = ["sh", "-c", "exit 3"]
    app.deploy(SECOND, code=exits.HELD)
    app.is_clean("a release that is held")
    app.run("abort", "--yes")
    app.is_clean("a held release that was aborted")


def test_other_shapes(app: App) -> None:
    app.content["x-rollway"]["rollout"]["order"] = "stop-first"
    app.deploy(SECOND)
    app.is_clean("hosts that stop first")
    app.run("rollback", "--yes")
    app.is_clean("a rollback of those")
    app.run("remove", "--app=iris", "--yes")
    app.content = whole(*app.lab.hosts[:2])
    app.deploy(FIRST)
    app.is_clean("a remove and a deploy, on the volumes that stayed")
    app.run("remove", "--app=iris", "--yes")
    services = {"mail": {"image": IMAGE, "command": app.content["services"]["mail"]["command"]}}
    app.content = {"services": services, "x-rollway": {"services": {"mail": {"class": "worker"}}}}
    app.deploy(FIRST)
    app.is_clean("workers only, no edge")
    app.deploy(SECOND)
    app.is_clean("workers only, the second release")
    app.run("remove", "--app=iris", "--yes")


def test_spoiled_containers(app: App) -> None:
    first, second, third = app.lab.hosts
    on = app.lab.on
    slot = app.slot(third)
    on(third, "docker", "stop", "--time=1", f"iris-{slot}-api-1-1")
    app.is_named("a web container is stopped", third, "container")
    on(third, "docker", "rm", "--force", f"iris-{slot}-api-2-1")
    rows = {one["host"]: one for one in app.lab.status()["hosts"]}
    assert rows[third]["lacking"] == [{"service": "api", "running": 1, "wanted": 2}]
    app.is_named("one of two replicas is removed", third, "container")
    on(third, "docker", "rm", "--force", f"iris-{slot}-mail-1-1")
    app.is_named("a worker is removed", third, "container")
    on(second, "docker", "stop", "--time=1", f"iris-{app.slot(second)}-beat-1-1")
    app.is_named("the singleton is stopped", second, "container")
    on(first, "docker", "rm", "--force", "iris-accessories-db-1")
    app.is_named("an accessory is removed", first, "container")
    on(first, "docker", "stop", "--time=1", "iris-accessories-db-1")
    app.is_named("an accessory is stopped", first, "container")
    _by_hand(app, first, "iris-accessories-db-1")
    app.is_named("an accessory is made by hand of another image", first, "image")
    _by_hand(app, third, f"iris-{slot}-api-1-1")
    app.is_named("a web container is made by hand of another image", third, "image")
    image = _image(app, third, f"iris-{app.slot(third)}-api-1-1")
    label = "--label=io.rollway.app=iris"
    on(third, "docker", "run", "--detach", "--name=mine", label, image, "sleep", "600")
    app.is_named("a container stands beside the slots", third, "container")


def test_spoiled_files_and_networks(app: App) -> None:
    first, _, third = app.lab.hosts
    on, folder = app.lab.on, f"{RECORDS}/releases/{app.release()}"
    app.lab.on(first, "sh", "-c", f"sed -i s/app-1/app-9/ {RECORDS}/slots/accessories.env")
    app.is_named("the values of accessories are edited", first, "environment")
    on(third, "sh", "-c", f"sed -i s/ROLLWAY_HOST=.*// {RECORDS}/slots/{app.slot(third)}.env")
    app.is_named("the values of a slot are edited", third, "environment")
    for kind in ("secrets/key", "configs/conf"):
        on(third, "sh", "-c", f"chmod u+w {folder}/files/{kind}* && echo x > {folder}/files/{kind}")
        app.is_named(f"the file of {kind} is edited", third, "file")
    on(third, "sh", "-c", f"sed -i '1i # edited' {folder}/compose.yml")
    app.is_named("a Compose file is edited", third, "file")
    on(third, "chmod", "0644", f"{folder}/files/secrets/key")
    app.is_named("a secret may be read by others", third, "file")
    on(third, "touch", f"{folder}/files/extra")
    app.is_named("a file lies there that is none of the release", third, "file")
    network = "iris-accessories_back"
    on(first, "docker", "network", "disconnect", network, "iris-accessories-db-1")
    app.is_named("an accessory is taken out of its network", first, "network")
    labels = ["com.docker.compose.project=iris-accessories", "com.docker.compose.network=back"]
    made = " ".join(f"--label={one}" for one in labels)
    on(
        first,
        "sh",
        "-c",
        f"docker network disconnect {network} iris-accessories-db-1 && docker network rm {network}"
        f" && docker network create --attachable {made} {network}"
        f" && docker network connect --alias db {network} iris-accessories-db-1",
    )
    app.is_named("a network is made anew by hand", first, "network")
    slot = app.slot(third)
    on(third, "docker", "network", "disconnect", f"iris-{slot}_default", f"iris-{slot}-api-1-1")
    app.is_named("a web container is taken out of its network", third, "network")


def test_spoiled_edges_and_records(app: App) -> None:
    first, _, third = app.lab.hosts
    edge = app.lab.status()["edges"][0]["host"]
    server = f"rollway_iris/{third}-{app.slot(third)}-1"
    tell = ("python3", "-c", TELL)
    app.lab.on(edge, *tell, f"@1 set server {server} state maint\n")
    app.is_named("a server is set to maint by hand", edge, "server")
    app.lab.on(edge, *tell, f"@1 set server {server} weight 50\n")
    app.is_named("a server has another weight", edge, "server")
    fragment = "/etc/haproxy/rollway.d/iris.cfg"
    app.lab.on(edge, "sed", "-i", f"/{third}-blue-1/d", fragment)
    app.is_named("a server is taken out of the edge's file", edge, "file")
    app.lab.on(edge, "sh", "-c", "sed -i '/ iris$/d' /etc/haproxy/rollway.map")
    app.is_named("the route is taken out of the edge's map", edge, "file")
    for host in (*app.lab.hosts, edge):
        app.lab.on(
            host, "sh", "-c", f"rm -f {RECORDS}/jobs.json /var/lib/rollway-edge/iris/jobs.json"
        )
    app.is_named("the record of jobs is gone everywhere", first, "job")
    process, _ = deploy_past_first_wave(app.lab, SECOND)
    kill_family(process)
    app.is_named("a run was killed", first, "lock")


def _by_hand(app: App, host: str, name: str) -> None:
    """Put a container of an image that no release has in the place of one, labels and all."""
    found = json.loads(app.lab.on(host, "docker", "inspect", name))[0]
    labels = [f"--label={key}={one}" for key, one in found["Config"]["Labels"].items()]
    network = next(iter(found["NetworkSettings"]["Networks"]))
    app.lab.on(host, "docker", "commit", name, "by-hand:1")
    app.lab.on(host, "docker", "rm", "--force", name)
    make = ("docker", "run", "--detach", f"--name={name}", f"--network={network}")
    app.lab.on(host, *make, *labels, "by-hand:1", "sleep", "600")


def _image(app: App, host: str, name: str) -> str:
    return app.lab.on(host, "docker", "inspect", "--format={{.Config.Image}}", name).strip()


def _until(condition: Any, seconds: float = 120.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.2)
