"""Accessories on a real engine: what changed arrives, what did not is not touched, data stays."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from typing import Any

import pytest

from rollway.config.slot_variables import ADDRESS, FILES, variable
from rollway.release.text import compose_text
from tests.integration import toy
from tests.integration.lab_fleet import Lab
from tests.integration.target_host import RECORDS, TargetHost, a_run

pytestmark = pytest.mark.lab(beside=True)

VERSION = "v1"
DB, CACHE = "toy-accessories-db-1", "toy-accessories-cache-1"
PORTS = {"db": 18004, "cache": 18005}  # of nobody that runs beside
CONFIG, SECRET, MOUNTED = "config conf", "secret key", "file a.sql"


@pytest.fixture
def host(lab: Lab) -> Iterator[TargetHost]:
    """The first app host of the lab, without the toy application."""
    found = TargetHost(lab, lab.hosts[0], toy.settings(lab)["rollway_address"])
    found.clear()
    yield found
    found.clear()


def _release(host: TargetHost, number: int, **changes: Any) -> dict[str, Any]:
    """A release with a database that has a file of every kind, and a cache that has one."""
    content = toy.manifest(host.lab, f"{number}-{VERSION}")
    told: dict[str, Any] = {
        "conf": "a",
        "key": "a",
        "sql": "a",
        "network": {},
        "rows": f"{toy.APP}_rows",
    }
    told |= changes
    texts = {
        "configs/conf": told["conf"],
        "secrets/key": told["key"],
        "binds/a.sql": told["sql"],
        "binds/cache.conf": "a",
        "binds/server.py": toy.SERVER,
    }
    files = [_file(f"accessories/{path}", text) for path, text in texts.items()]
    accessories = _accessories(content["images"]["api"], told)
    described = [_described(name, host) for name in PORTS]
    text = compose_text(accessories)
    whole = {
        "compose": text,
        "hash": hashlib.sha256(json.dumps([text, texts]).encode()).hexdigest(),
        "images": dict.fromkeys(PORTS, content["images"]["api"]),
        "services": described,
    }
    volumes = [*content["volumes"], told["rows"]]
    return {
        **content,
        "accessories": whole,
        "volumes": volumes,
        "files": [*content["files"], *files],
    }


def _accessories(image: str, told: dict[str, Any]) -> dict[str, Any]:
    common = {
        "image": image,
        "restart": "unless-stopped",
        "stop_grace_period": "1s",
        "healthcheck": toy.healthcheck(),
    }
    database = {
        **common,
        "networks": {"back": {"aliases": ["db"]}},
        "configs": [{"source": "conf", "target": "/conf"}],
        "secrets": [{"source": "key", "target": "key"}],
        "volumes": [
            _bind("server.py", "/app/server.py"),
            _bind("a.sql", "/a.sql"),
            {"type": "volume", "source": "rows", "target": "/rows"},
            {"type": "volume", "target": "/unnamed"},
        ],
        "ports": [_port(PORTS["db"])],
    }
    cache = {
        **common,
        "networks": {"default": {"aliases": ["cache"]}},
        "volumes": [_bind("server.py", "/app/server.py"), _bind("cache.conf", "/c")],
        "ports": [_port(PORTS["cache"])],
    }
    place = f"{variable(FILES)}/accessories"
    return {
        "services": {"db": database, "cache": cache},
        "networks": {"back": told["network"]},
        "volumes": {"rows": {"external": True, "name": told["rows"]}},
        "configs": {"conf": {"file": f"{place}/configs/conf"}},
        "secrets": {"key": {"file": f"{place}/secrets/key"}},
    }


def _bind(name: str, target: str) -> dict[str, Any]:
    source = f"{variable(FILES)}/accessories/binds/{name}"
    return {"type": "bind", "source": source, "target": target, "read_only": True}


def _port(number: int) -> dict[str, Any]:
    at = {"host_ip": variable(ADDRESS), "published": str(number)}
    return {**at, "target": 8000, "protocol": "tcp"}


def _described(name: str, host: TargetHost) -> dict[str, Any]:
    place = {"hosts": [host.name], "addresses": {host.name: host.address}}
    return {"name": name, **place, "port": PORTS[name], "condition": "service_healthy"}


def _file(path: str, text: str) -> dict[str, str]:
    digest = hashlib.sha256(text.encode()).hexdigest()
    content = base64.b64encode(text.encode()).decode()
    return {"path": path, "sha256": digest, "mode": "0444", "content_base64": content}


def _stage(host: TargetHost, number: int, **changes: Any) -> list[str]:
    """Bring a release as far as its accessories; the words about those that were made anew."""
    run, content = host.acquire(), _release(host, number, **changes)
    asked = {"registry_auth": toy.registry_auth(host.lab), "slot": "blue"}
    staged = host.step("stage", **run, manifest=content, address=host.address, **asked)
    assert staged["ok"], staged["problem"]
    host.conclude(run, "aborted", content["id"])
    return [one.partition(": ")[2] for one in staged["remarks"]]


def _made(host: TargetHost) -> dict[str, str]:
    """When each accessory's container was made."""
    shown = host.shell(f"docker inspect {DB} {CACHE} --format '{{{{.Name}}}} {{{{.Created}}}}'")
    return {line.split()[0].lstrip("/"): line.split()[1] for line in shown.splitlines()}


def _inside(host: TargetHost, path: str) -> str:
    return host.shell(f"docker exec {DB} python3 -c 'print(open(\"{path}\").read())'")


def _write(host: TargetHost, path: str) -> None:
    host.shell(f'docker exec {DB} python3 -c \'open("{path}", "w").write("row")\'')


CHANGES: list[tuple[str, dict[str, Any], str, str]] = [
    (CONFIG, {"conf": "b"}, "/conf", "b"),
    (SECRET, {"key": "b"}, "/run/secrets/key", "b"),
    (MOUNTED, {"sql": "b"}, "/a.sql", "b"),
]


def test_what_changed_arrives_and_nothing_else_is_touched(host: TargetHost) -> None:
    """In one test: each change costs a container's end and start, and the first release most."""
    assert _stage(host, 1) == []
    for path in ("/rows/row", "/unnamed/row"):
        _write(host, path)
    first = before = _made(host)
    assert _stage(host, 2) == []
    assert _made(host) == first
    told: dict[str, Any] = {}
    for number, (why, change, path, text) in enumerate(CHANGES, start=3):
        told |= change
        assert _stage(host, number, **told) == [why]
        assert _inside(host, path) == text
        after = _made(host)
        assert (after[CACHE], after[DB] != before[DB]) == (first[CACHE], True)
        before = after
    told["network"] = {"labels": {"team": "data"}, "attachable": True}
    assert _stage(host, 6, **told) == ["network back"]
    network = "docker network inspect toy-accessories_back --format"
    assert host.shell(f"{network} '{{{{.Labels.team}}}} {{{{.Attachable}}}}'") == "data true"
    assert [_inside(host, f"/{name}/row") for name in ("rows", "unnamed")] == ["row", "row"]
    assert _made(host)[CACHE] == first[CACHE]
    assert host.shell(f"curl -s http://{host.address}:{PORTS['db']}/") == VERSION
    looked = host.step("drift", run=a_run("look"), address=host.address)
    assert [one for one in looked["findings"] if one["kind"] not in ("lock", "file")] == []
    assert host.shell(f"cat {RECORDS}/slots/accessories.env | grep SLOT") == (
        "ROLLWAY_SLOT=accessories"
    )


@pytest.mark.long(seconds=20)
def test_one_that_does_not_come_up_anew_is_as_before(host: TargetHost) -> None:
    assert _stage(host, 1) == []
    _write(host, "/rows/row")
    run, content = host.acquire(), _release(host, 2, conf="b", sql="b")
    text = content["accessories"]["compose"].replace("/a.sql", "/app/server.py/a.sql")
    content["accessories"] |= {"compose": text, "hash": "other"}
    asked = {"registry_auth": toy.registry_auth(host.lab), "slot": "blue"}
    staged = host.step("stage", **run, manifest=content, address=host.address, **asked)
    host.conclude(run, "bad", content["id"])
    assert not staged["ok"]
    assert _inside(host, "/conf") == "a"
    assert _inside(host, "/rows/row") == "row"
    assert json.loads(host.shell(f"cat {RECORDS}/state.json"))["accessories_unsure"] == []
