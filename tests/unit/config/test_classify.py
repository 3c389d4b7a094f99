from __future__ import annotations

from typing import Any

import pytest

from rollway.config.classify import classify, released_services
from rollway.config.model import XRollway
from rollway.config.problems import Problems

HTTP = {"service": "api", "port": 8000}


def classified(
    services: list[str], settings: dict[str, Any], released: set[str]
) -> tuple[dict[str, str], list[str]]:
    problems = Problems("file")
    parsed = XRollway.model_validate(settings)
    return classify(dict.fromkeys(services), parsed, released, problems), problems.found


GOOD: list[tuple[str, list[str], dict[str, Any], set[str], dict[str, str]]] = [
    ("the http service is web", ["api"], {"http": HTTP}, {"api"}, {"api": "web"}),
    (
        "other released services are workers",
        ["api", "mail"],
        {"http": HTTP},
        {"api", "mail"},
        {"api": "web", "mail": "worker"},
    ),
    ("without http all are workers", ["mail"], {}, {"mail"}, {"mail": "worker"}),
    (
        "what x-rollway says counts",
        ["api", "db", "migrate", "side", "queue"],
        {
            "http": HTTP,
            "services": {
                "db": {"class": "accessory"},
                "migrate": {"class": "job", "hosts": "app-1", "when": "after_traffic"},
                "side": {"class": "web"},
                "queue": {"class": "worker", "singleton": True, "hosts": "app-1"},
            },
        },
        {"api"},
        {"api": "web", "db": "accessory", "migrate": "job", "side": "web", "queue": "worker"},
    ),
]


@pytest.mark.parametrize(
    ("services", "settings", "released", "expected"),
    [case[1:] for case in GOOD],
    ids=[case[0] for case in GOOD],
)
def test_classes(
    services: list[str], settings: dict[str, Any], released: set[str], expected: dict[str, str]
) -> None:
    assert classified(services, settings, released) == (expected, [])


BAD: list[tuple[str, list[str], dict[str, Any], set[str], str]] = [
    (
        "a service nobody has classified",
        ["api", "db"],
        {"http": HTTP},
        {"api"},
        (
            "services/db: its image is not the released one, and x-rollway does not say what it "
            "is; accepted: x-rollway: {services: {db: {class: accessory}}}, or web, worker, job"
        ),
    ),
    (
        "a class for a service that is not there",
        ["api"],
        {"http": HTTP, "services": {"apu": {"class": "worker"}}},
        {"api"},
        "x-rollway/services/apu: there is no such service; accepted: api",
    ),
    (
        "http for a service that is not there",
        ["api"],
        {"http": {"service": "ap", "port": 1}},
        {"api"},
        "x-rollway/http/service: 'ap' is no service of this file; accepted: api",
    ),
    (
        "a worker behind the edge",
        ["api"],
        {"http": HTTP, "services": {"api": {"class": "worker"}}},
        {"api"},
        "x-rollway/services/api/class: worker, but x-rollway.http names it; accepted: web",
    ),
    (
        "a worker with a time to run",
        ["api", "mail"],
        {"http": HTTP, "services": {"mail": {"class": "worker", "when": "after_traffic"}}},
        {"api", "mail"},
        "x-rollway/services/mail/when: it is no key of a worker; accepted: class: job",
    ),
    (
        "a job with a port",
        ["api", "migrate"],
        {"http": HTTP, "services": {"migrate": {"class": "job", "port": 80}}},
        {"api", "migrate"},
        "x-rollway/services/migrate/port: it is no key of a job; accepted: class: accessory",
    ),
    (
        "a released accessory",
        ["api", "db"],
        {"http": HTTP, "services": {"db": {"class": "accessory"}}},
        {"api", "db"},
        (
            "x-rollway/services/db/class: accessory, but its image is released; "
            "accepted: web, worker, job"
        ),
    ),
    (
        "web without http",
        ["api"],
        {"services": {"api": {"class": "web"}}},
        {"api"},
        (
            "x-rollway/services/api/class: web, but there is no x-rollway.http; "
            "accepted: worker, or http: {service: …, port: …}"
        ),
    ),
    (
        "hosts of a worker",
        ["api", "mail"],
        {"http": HTTP, "services": {"mail": {"class": "worker", "hosts": "app-1"}}},
        {"api", "mail"},
        (
            "x-rollway/services/mail/hosts: it is no key of a worker; "
            "accepted: class: accessory or job, or a worker with singleton: true"
        ),
    ),
    (
        "a singleton that is no worker",
        ["api", "migrate"],
        {"http": HTTP, "services": {"migrate": {"class": "job", "singleton": True}}},
        {"api", "migrate"},
        "x-rollway/services/migrate/singleton: it is no key of a job; accepted: class: worker",
    ),
    (
        "a name in capitals",
        ["api", "Mail"],
        {"http": HTTP},
        {"api", "Mail"},
        (
            "services/Mail: found 'Mail'; "
            "accepted: 1 to 40 of a-z 0-9 _ -, the first a letter or digit"
        ),
    ),
    (
        "a name that leads elsewhere",
        ["api", "../x"],
        {"http": HTTP},
        {"api", "../x"},
        (
            "services/../x: found '../x'; "
            "accepted: 1 to 40 of a-z 0-9 _ -, the first a letter or digit"
        ),
    ),
    (
        "two names with one variable",
        ["api", "a-b", "a_b"],
        {"http": HTTP},
        {"api", "a-b", "a_b"},
        "services/a_b: too like 'a-b'; accepted: another name",
    ),
    (
        "a name like a replica's",
        ["api", "api-1"],
        {"http": HTTP},
        {"api", "api-1"},
        "services/api-1: replicas of 'api' have names like this; accepted: another name",
    ),
]


@pytest.mark.parametrize(
    ("services", "settings", "released", "message"),
    [case[1:] for case in BAD],
    ids=[case[0] for case in BAD],
)
def test_what_is_wrong_is_said(
    services: list[str], settings: dict[str, Any], released: set[str], message: str
) -> None:
    assert message in classified(services, settings, released)[1]


def test_released_services_have_the_version_in_their_image() -> None:
    services = {
        "a": {"image": "a:${ROLLWAY_VERSION:-dev}"},
        "b": {"image": "b:$ROLLWAY_VERSION"},
        "c": {"image": "c:$$ROLLWAY_VERSION"},
        "d": {"image": "d:${ROLLWAY_VERSIONS}"},
        "e": None,
    }
    assert released_services({"services": services}) == {"a", "b"}
