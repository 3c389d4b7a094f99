"""Values with dollars, quotes and templates in them reach the container as they are."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.faults.fleet import Fleet, container_of
from tests.integration.changed_demo import changed_demo
from tests.integration.fault_fleet import environment
from tests.integration.lab_fleet import Lab

pytestmark = pytest.mark.long

VALUES = {
    "TWO_DOLLARS": "P@$$w0rd",
    "A_VARIABLE": "$HOME",
    "IN_BRACES": "${HOME:-x}",
    "A_HASH": "a # no comment",
    "QUOTES": 'it\'s "quoted"',
    "TWO_LINES": "one\ntwo",
    "A_COMMAND": "$(id) `id`; id",
    "BACKSLASHES": "a\\b\\n",
    "PERCENT": "%s %n",
    "EDGES": "  between spaces  ",
    "LETTERS": "Žižek 数据",
}
# A Compose file is no template; of an inventory Ansible renders every text.
IN_FILE = {**VALUES, "A_TEMPLATE": "{{ 7 * 7 }}{% raw %}"}
BEFORE = "    restart: unless-stopped\n"
SECRET = "TWO_DOLLARS"
READ = (
    "import json, os, pathlib;"
    " print(json.dumps([dict(os.environ), pathlib.Path('/run/secrets/token').read_text()]))"
)


@pytest.fixture
def odd(fleet: Fleet) -> Iterator[Lab]:
    """The same hosts, where the demo gets odd values: from its file, and from the inventory."""
    told = {f"FROM_{name}": value for name, value in VALUES.items()}
    with (
        changed_demo(_with_values) as apps,
        environment(fleet.lab, "row27", apps_dir=apps, **told) as env,
    ):
        yield env


def _with_values(text: str) -> str:
    written = {name: value.replace("$", "$$") for name, value in IN_FILE.items()}
    named = {f"GIVEN_{name}": f"${{FROM_{name}}}" for name in VALUES}
    values = json.dumps({**written, **named}, ensure_ascii=False)
    reads = f'    secrets: [{{source: token, uid: "65534"}}]\n    environment: {values}\n'
    secrets = f"\nsecrets:\n  token: {{environment: FROM_{SECRET}}}\n"
    assert (text.count(BEFORE), text.count("\nx-rollway:\n")) == (1, 1)
    changed = text.replace(BEFORE, f"{reads}{BEFORE}")
    return changed.replace("\nx-rollway:\n", f"{secrets}\nx-rollway:\n")


def test_odd_values_are_read_back_as_they_were_written(fleet: Fleet, odd: Lab) -> None:
    with fleet.unharmed():
        fleet.deploy(fleet.other, lab=odd)
    fleet.serves(fleet.other)
    for host in fleet.lab.hosts:
        values, secret = _read(fleet.lab, host)
        assert {name: values[name] for name in IN_FILE} == IN_FILE
        assert {name: values[f"GIVEN_{name}"] for name in VALUES} == VALUES
        assert secret == VALUES[SECRET]


def _read(lab: Lab, host: str) -> tuple[dict[str, str], Any]:
    told = lab.on(host, "docker", "exec", container_of(lab, host), "python3", "-c", READ)
    values, secret = json.loads(told)
    return dict(values), secret
