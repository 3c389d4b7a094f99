"""Which lines of a rendered Compose text may leave a host."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.module_utils.rollway.hiding import may_show, parts

from rollway.config.keys_service import SERVICE
from rollway.release.text import compose_text

SECRET = "hunter2"

VARIABLES = [
    ("LOG_LEVEL", '"info"', True),
    ("logLevel", '"info"', True),
    ("PORT", "8000", True),
    ("MODEL", '"iris-small"', True),
    ("FEATURE_CART", '"true"', True),
    ("PROXY", '""', True),
    ("ANYTHING", '"x"', False),
    ("db_password", '"x"', False),
    ("PASSWORD_VERSION", '"x"', False),
    ("GH_TOKEN", '"x"', False),
    ("pw", '"x"', False),
    ("DB_PWD", '"x"', False),
    ("PIN", "1234", False),
    ("SLACK_WEBHOOK", '"x"', False),
    ("WEBHOOK_PORT", "1", False),
    ("DATABASE_URL", '"postgres://u:p@db/x"', False),
    ("MODEL", '"https://store/x"', False),
    ("STRIPE_MODE", '"sk4f9a8b7c6d5e4f3a2b"', False),
    ("FORMAT", '"' + "long " * 20 + '"', False),
    ("FORMAT", '"two\\nlines"', False),
]

HIDDEN = [
    ("command", {"command": ["run", "--token", SECRET]}),
    ("command", {"command": f"run --token {SECRET}"}),
    ("entrypoint", {"entrypoint": ["sh", "-c", f"login {SECRET}"]}),
    ("labels/a", {"labels": {"a": SECRET}}),
    ("annotations", {"annotations": {"a": SECRET}}),
    ("healthcheck/test", {"healthcheck": {"test": ["CMD", "curl", SECRET]}}),
    ("logging/options", {"logging": {"options": {"splunk-token": SECRET}}}),
    ("environment/A", {"environment": {"A": SECRET}}),
    ("environment/" + "A" * 200, {"environment": {"A" * 200: SECRET}}),
    ("environment/two lines", {"environment": {"LEVEL": "x", "a\nb": SECRET}}),
    ("storage_opt", {"storage_opt": {"size": SECRET}}),
    ("security_opt", {"security_opt": [f"seccomp={SECRET}"]}),
    ("a key of tomorrow", {"brand_new": {"a": [{"b": SECRET}]}}),
]

READABLE = [
    ("image", {"image": "r/a:1"}),
    ("ports", {"ports": [{"host_ip": "10.0.0.1", "published": "20000", "target": 80}]}),
    ("restart", {"restart": "unless-stopped"}),
    ("limits", {"deploy": {"resources": {"limits": {"memory": "192M"}}}}),
    ("figures", {"healthcheck": {"interval": "5s", "retries": 3, "start_interval": "200ms"}}),
    ("our labels", {"labels": {"io.rollway.class": "web"}}),
    ("logging/driver", {"logging": {"driver": "journald"}}),
    ("volumes", {"volumes": [{"source": "data", "target": "/data", "type": "volume"}]}),
    ("depends_on", {"depends_on": {"db-1": {"condition": "service_healthy"}}}),
]


@pytest.mark.parametrize(("name", "value", "shown"), VARIABLES, ids=[one[0] for one in VARIABLES])
def test_a_variable_is_shown_only_when_it_is_known_to_be_harmless(
    name: str, value: str, shown: bool
) -> None:
    assert may_show(name, value) is shown


@pytest.mark.parametrize("service", [one[1] for one in HIDDEN], ids=[one[0] for one in HIDDEN])
def test_what_may_hold_a_secret_is_hidden(service: dict[str, Any]) -> None:
    text = compose_text({"services": {"api-1": {**service, "tty": True}}})
    assert SECRET in text
    shown = "\n".join(_shown(text))
    assert SECRET not in shown
    assert "    tty: true" in shown


@pytest.mark.parametrize("service", [one[1] for one in READABLE], ids=[one[0] for one in READABLE])
def test_what_is_harmless_is_shown(service: dict[str, Any]) -> None:
    text = compose_text({"services": {"api-1": service}, "networks": {"default": {}}})
    assert _shown(text) == text.splitlines()


def test_options_of_a_network_are_hidden() -> None:
    text = compose_text({"networks": {"n": {"driver_opts": {"a": SECRET}, "internal": True}}})
    assert _shown(text) == ["networks:", "  n:", "    internal: true"]


def test_every_line_is_in_a_part() -> None:
    service = {key: {"a": ["x", {"b": "c"}]} for key in SERVICE}
    text = compose_text({"services": {"api-1": service}, "volumes": {"v": {}}})
    assert [line for part in parts(text) for line in part.lines] == text.splitlines()


def _shown(text: str) -> list[str]:
    return [line for part in parts(text) if part.is_shown for line in part.lines]
