"""What a Compose file says of jobs: one container that ends, in the order of the file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rollway.errors import RollwayError
from tests.unit.release.app_fixtures import api, build, compose, rendered

JOB = {"class": "job"}
DB = {"image": "postgres:16", "expose": ["5432"]}
GROUPS = {"db": ["app-2", "app-1"]}


def content(
    service: dict[str, Any] | None = None, told: dict[str, Any] | None = None, **others: Any
) -> dict[str, Any]:
    """A file with the job `migrate`; `others` are more services, each with its settings."""
    services = {"migrate": api(command="migrate", **(service or {}))}
    settings: dict[str, Any] = {"migrate": {**JOB, **(told or {})}}
    for name, (other, setting) in others.items():
        services[name] = other
        settings[name] = setting
    return compose(services=services, x_rollway={"services": settings})


def test_a_job_is_one_container_that_nothing_brings_back(tmp_path: Path) -> None:
    services = rendered(tmp_path, content())["services"]
    assert list(services) == ["api-1", "migrate"]
    job = services["migrate"]
    assert (job["restart"], job["command"]) == ("no", "migrate")
    assert job["labels"]["io.rollway.class"] == "job"
    assert "@sha256:" in job["image"]


def test_a_job_reaches_what_services_reach(tmp_path: Path) -> None:
    accessory = {"class": "accessory", "hosts": "app-1"}
    job = {"environment": {"A": "1"}, "volumes": ["data:/data"]}
    file = {**content(job, db=(DB, accessory)), "volumes": {"data": {}}}
    manifest = build(tmp_path, file)
    found = rendered(tmp_path, file)["services"]["migrate"]
    assert found["extra_hosts"] == ["db=${ROLLWAY_ACCESSORY_DB}"]
    assert found["environment"] == {"A": "1"}
    assert manifest["volumes"] == ["iris_data"]
    assert manifest["images"]["migrate"] == manifest["images"]["api"]
    assert not [note for note in manifest["notes"] if "overlap" in note]


TOLD = [
    pytest.param({}, {}, id="nothing"),
    pytest.param({"when": "after_traffic"}, {"when": "after_traffic"}, id="when"),
    pytest.param({"idempotent": True}, {"idempotent": True}, id="idempotent"),
    pytest.param({"backward_compatible": True}, {"backward_compatible": True}, id="compatible"),
    pytest.param({"timeout_seconds": 30}, {"timeout_seconds": 30}, id="timeout"),
    pytest.param({"hosts": "app-2"}, {"hosts": ["app-2"]}, id="host"),
]


@pytest.mark.parametrize(("told", "expected"), TOLD)
def test_the_manifest_says_how_a_job_runs(
    tmp_path: Path, told: dict[str, Any], expected: dict[str, Any]
) -> None:
    by_itself = {"when": "before_traffic", "hosts": [], "timeout_seconds": 600}
    safe = {"idempotent": False, "backward_compatible": False}
    manifest = build(tmp_path, content(told=told))
    assert manifest["jobs"] == [{"name": "migrate", **by_itself, **safe, **expected}]
    assert [one["name"] for one in manifest["services"]] == ["api"]


def test_a_group_means_its_first_host(tmp_path: Path) -> None:
    assert build(tmp_path, content(told={"hosts": "db"}), groups=GROUPS)["jobs"][0]["hosts"] == [
        "app-1"
    ]


def test_a_file_without_jobs_has_the_manifest_it_had(tmp_path: Path) -> None:
    assert "jobs" not in build(tmp_path, compose())


@pytest.mark.parametrize("restart", ["no", "always", "on-failure:5", None])
def test_whatever_a_job_says_of_restarts_it_runs_once(tmp_path: Path, restart: Any) -> None:
    service = {} if restart is None else {"restart": restart}
    assert rendered(tmp_path, content(service))["services"]["migrate"]["restart"] == "no"


COMPLETED = {"migrate": {"condition": "service_completed_successfully"}}


@pytest.mark.parametrize("depends_on", [["migrate"], COMPLETED], ids=["a list", "completed"])
def test_what_waits_for_a_job_needs_no_word_of_it(tmp_path: Path, depends_on: Any) -> None:
    file = content()
    file["services"]["api"]["depends_on"] = depends_on
    assert "depends_on" not in rendered(tmp_path, file)["services"]["api-1"]


def test_a_job_waits_for_accessories_and_for_earlier_jobs(tmp_path: Path) -> None:
    later = api(depends_on={"migrate": {"condition": "service_started"}, "db": {}})
    accessory = {"class": "accessory", "hosts": "app-1"}
    file = content({"depends_on": ["db"]}, later=(later, JOB), db=(DB, accessory))
    manifest = build(tmp_path, file)
    assert [one["name"] for one in manifest["jobs"]] == ["migrate", "later"]
    services = rendered(tmp_path, file)["services"]
    assert [name for name, one in services.items() if "depends_on" in one] == []


@pytest.mark.parametrize("other", ["api", "mail"])
def test_a_late_job_may_name_what_runs_by_then(tmp_path: Path, other: str) -> None:
    file = content({"depends_on": [other]}, LATE, mail=(api(), {"class": "worker"}))
    assert "depends_on" not in rendered(tmp_path, file)["services"]["migrate"]


LATE = {"when": "after_traffic"}
ACCESSORY = {"class": "accessory", "hosts": "app-1"}
REFUSED: list[Any] = [
    pytest.param(
        content({"deploy": {"replicas": 2}}),
        "services/migrate/deploy/replicas: 2; accepted: leave it out: a job runs once",
        id="replicas",
    ),
    pytest.param(
        content({"ports": ["80"]}),
        "services/migrate/ports: a job service that x-rollway.http does not name has none; "
        "accepted: leave it out",
        id="ports",
    ),
    pytest.param(
        content(told={"hosts": "app-9"}),
        "x-rollway/services/migrate/hosts: 'app-9' is no app host, and no group of them; "
        "accepted: app-2, app-1",
        id="a host that is not there",
    ),
    pytest.param(
        content(told={"hosts": ["app-1", "app-2"]}),
        "x-rollway/services/migrate/hosts: ['app-1', 'app-2'] is no app host, and no group of "
        "them; accepted: one name",
        id="two hosts",
    ),
    pytest.param(
        {**content({"volumes": ["data:/d"]}, {"volumes": "per_slot"}), "volumes": {"data": {}}},
        "services/migrate/volumes: each slot has its own data, and a job is in none; "
        "accepted: a volume that is shared",
        id="a volume of a slot",
    ),
    pytest.param(
        content({"depends_on": ["api"]}),
        "services/migrate/depends_on/api: it is a web service, which starts after the job; "
        "accepted: when: after_traffic",
        id="it waits for what waits for it",
    ),
    pytest.param(
        content(db=({**DB, "depends_on": ["migrate"]}, ACCESSORY)),
        "services/db/depends_on/migrate: it is a job, and an accessory outlives releases; "
        "accepted: an accessory",
        id="an accessory waits for it",
    ),
    pytest.param(
        content(told=LATE, worker=(api(depends_on=["migrate"]), {"class": "worker"})),
        "services/worker/depends_on/migrate: it runs after the traffic has moved; "
        "accepted: when: before_traffic for migrate",
        id="a worker waits for a late one",
    ),
    pytest.param(
        content({"depends_on": ["later"]}, later=(api(), JOB)),
        "services/migrate/depends_on/later: it runs later; "
        "accepted: later before migrate, in the file and by `when`",
        id="the file has it later",
    ),
    pytest.param(
        content(told=LATE, other=(api(depends_on=["migrate"]), JOB)),
        "services/other/depends_on/migrate: it runs later; "
        "accepted: migrate before other, in the file and by `when`",
        id="it runs later",
    ),
    pytest.param(
        content(told={"hosts": "app-1"}, other=(api(depends_on=["migrate"]), JOB)),
        "services/other/depends_on/migrate: it runs on another host at the same time; "
        "accepted: the same `hosts`",
        id="it runs elsewhere",
    ),
    pytest.param(
        content(other=(api(depends_on={"migrate": {"condition": "service_healthy"}}), JOB)),
        "services/other/depends_on/migrate/condition: 'service_healthy'; "
        "accepted: service_completed_successfully, service_started",
        id="a job is never healthy",
    ),
    pytest.param(
        compose(services={"api": api(restart="no")}),
        "services/api/restart: 'no' cannot be released; "
        "accepted: unless-stopped or on-failure: what ends would stay down; or class: job",
        id="a service that ends",
    ),
    pytest.param(
        compose(
            services={
                "api": api(depends_on={"mail": {"condition": "service_completed_successfully"}}),
                "mail": api(),
            }
        ),
        "services/api/depends_on/mail/condition: 'service_completed_successfully'; "
        "accepted: service_started, service_healthy",
        id="a worker never completes",
    ),
]


@pytest.mark.parametrize(("file", "message"), REFUSED)
def test_what_a_job_cannot_be_is_said(tmp_path: Path, file: Any, message: str) -> None:
    with pytest.raises(RollwayError) as caught:
        build(tmp_path, file)
    assert caught.value.found == message
