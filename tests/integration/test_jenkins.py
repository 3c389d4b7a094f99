"""`ci/Jenkinsfile` without Jenkins: its syntax, the steps it takes, and its commands on the lab."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from rollway import exits
from rollway.errors import RollwayError
from tests.contract.repository import files, named
from tests.integration.jenkins.build import Build, found, record, run_shell
from tests.integration.jenkins.environment import Environment, asking
from tests.integration.jenkins.groovy import Groovy, provide
from tests.integration.lab_fleet import ROOT, Lab

pytestmark = pytest.mark.long(seconds=8)

PARAMS = {"ENVIRONMENT": "production", "APP": "", "VERSION": "1.0.0", "CHECK": False}
ASKS = {"to": "rollway_confirm", "value": 0}
ASKS_NOT = {"to": "rollway_confirm", "value": 1}
ANNA = {"to": "input", "value": "anna"}


def _build(*answers: dict[str, Any], **params: Any) -> dict[str, Any]:
    return {"params": {**PARAMS, **params}, "answers": list(answers)}


SCENARIOS = {
    "approved": _build(ASKS, ANNA),
    "not asked": _build(ASKS_NOT, ENVIRONMENT="staging"),
    "check": _build(ASKS, CHECK=True),
    "plan refused": _build({"to": "--check", "ends": "FAILURE"}),
    "not approved": _build(ASKS, {"to": "input", "ends": "ABORTED"}),
    "failed": _build(ASKS, ANNA, {"to": "APPROVED_BY:", "ends": "FAILURE"}),
    "aborted": _build(ASKS, ANNA, {"to": "APPROVED_BY:", "ends": "ABORTED"}),
}

BAD = {
    "a command with Groovy's values": ('sh "deploy ${params.VERSION}"', "Groovy put something"),
    "a step that nobody has": ("shell 'ls'", "there is no step shell"),
    "an argument that the step lacks": ("junit(files: 'x')", "junit: takes"),
    "a word without a value": ("echo VERSION", "No such property: VERSION"),
    "a parse error": ("sh 'ls", "startup failed"),
}


def _bad(path: Path, name: str) -> dict[str, Any]:
    step = BAD[name][0]
    text = f"pipeline {{ agent none\n stages {{ stage('x') {{ steps {{\n{step}\n}} }} }} }}\n"
    path.write_text(text, encoding="utf-8")
    return {**_build(), "jenkinsfile": str(path)}


@pytest.fixture(scope="module")
def groovy() -> Groovy:
    """Groovy, installed where it is missing; only CI must have it."""
    try:
        return provide()
    except RollwayError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def builds(groovy: Groovy, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Build]:
    """Every scenario's build of the Jenkinsfile, and one of each bad Jenkinsfile."""
    folder = tmp_path_factory.mktemp("bad")
    return record(groovy, {**SCENARIOS, **{name: _bad(folder / name, name) for name in BAD}})


def test_groovy_files_break_no_rule(groovy: Groovy) -> None:
    names = [named(path) for path in files("*.groovy", "ci/Jenkinsfile")]
    ran = groovy.lint(ROOT, *names)
    assert f"TotalFiles={len(names)} " in ran.stdout
    assert ran.returncode == 0, ran.stdout
    assert "Compilation failed" not in ran.stdout + ran.stderr


@pytest.mark.parametrize("name", BAD)
def test_a_bad_jenkinsfile_is_noticed(builds: dict[str, Build], name: str) -> None:
    assert BAD[name][1] in builds[name].the("error").value


STAGES = {
    "approved": (["Plan", "Approve", "Deploy"], "SUCCESS"),
    "not asked": (["Plan", "Deploy"], "SUCCESS"),
    "check": (["Plan"], "SUCCESS"),
    "plan refused": (["Plan"], "FAILURE"),
    "not approved": (["Plan", "Approve"], "ABORTED"),
    "failed": (["Plan", "Approve", "Deploy"], "FAILURE"),
    "aborted": (["Plan", "Approve", "Deploy"], "ABORTED"),
}


@pytest.mark.parametrize("name", STAGES)
def test_stages_that_work_and_the_result(builds: dict[str, Build], name: str) -> None:
    build = builds[name]
    worked = list(dict.fromkeys(step.stage for step in build.steps if step.stage))
    assert (worked, build.the("result").value) == STAGES[name]


def test_the_job_s_parameters_and_options(builds: dict[str, Build]) -> None:
    build = builds["approved"]
    assert build.the("disableConcurrentBuilds").within == ()
    inventories = {named(path).split("/")[1] for path in files("inventories/*")}
    assert set(build.the("choice").value["choices"]) == inventories
    texts = [step.value["name"] for step in build.of("string")]
    assert [*texts, build.the("booleanParam").value["name"]] == ["APP", "VERSION", "CHECK"]


def test_a_person_is_asked_outside_any_agent_and_lock(builds: dict[str, Build]) -> None:
    asked = builds["approved"].the("input")
    assert asked.blocks == ("timeout", "stage", "timeout", "script")
    assert asked.value["message"] == "Deploy 1.0.0 to production?"


def test_the_lock_is_taken_inside_the_timeout_and_before_the_agent(
    builds: dict[str, Build],
) -> None:
    deploy = builds["approved"].the("sh", stage="Deploy")
    around = ("timeout", "stage", "timeout", "lock", "agent", "withCredentials", "withEnv")
    assert deploy.blocks == around
    assert builds["approved"].the("lock").value == {"resource": "rollway-production"}
    assert builds["not asked"].the("lock").value == {"resource": "rollway-staging"}


def test_every_command_runs_with_the_environment_s_credentials(builds: dict[str, Build]) -> None:
    for step in builds["approved"].of("sh"):
        given = next(value for name, value in step.within if name == "withCredentials")
        assert {one["variable"]: one["credentialsId"] for one in given} == {
            "ANSIBLE_PRIVATE_KEY_FILE": "rollway-production-ssh-key",
            "KNOWN_HOSTS": "rollway-production-known-hosts",
            "ANSIBLE_VAULT_PASSWORD_FILE": "rollway-production-vault-password",
        }
        assert {one["kind"] for one in given} == {"file"}


@pytest.mark.parametrize("name", ["approved", "failed", "aborted"])
def test_results_are_kept_however_a_deploy_ends(builds: dict[str, Build], name: str) -> None:
    build = builds[name]
    steps = [s.name for s in build.steps if s.stage == "Deploy" and s.post == "always"]
    assert steps == ["junit", "archiveArtifacts"]
    assert "agent" in build.the("junit").blocks
    assert build.of("deleteDir", stage="Deploy")[0].within[-1] == ("dir", ".rollway/runs")


@pytest.mark.parametrize(
    ("name", "says"), [("aborted", "what was reached"), ("not approved", "nothing was changed")]
)
def test_an_abort_says_what_it_left(builds: dict[str, Build], name: str, says: str) -> None:
    said = builds[name].the("echo")
    assert (said.post, says in said.value) == ("aborted", True)
    assert builds["failed"].of("echo") == []


def test_the_page_names_credentials_and_parameters(builds: dict[str, Build]) -> None:
    page = (ROOT / "docs" / "jenkins.md").read_text(encoding="utf-8")
    build = builds["approved"]
    ids = [one["credentialsId"] for one in build.of("withCredentials")[0].value]
    names = [step.value["name"] for step in build.steps if step.name in PARAMETER_STEPS]
    said = [f"`{name}`" for name in [*ids, *names]]
    assert [name for name in said if name.replace("production", "ENVIRONMENT") not in page] == []


PARAMETER_STEPS = ("choice", "string", "booleanParam")


@pytest.fixture(scope="module")
def environment(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Environment]:
    """The lab's hosts, with a good and a bad version in the registry."""
    for options in (["v-1"], ["j-bad", "--build-arg=FAULT=crash_loop"]):
        assert lab.invoke("build", f"--version={options[0]}", *options[1:]).returncode == 0
    with asking(lab, tmp_path_factory.mktemp("credentials")) as one:
        yield one


class Agent:
    """Runs the commands of recorded builds over the lab."""

    def __init__(self, builds: dict[str, Build], environment: Environment) -> None:
        self.builds = builds
        self.environment = environment

    def run(self, build: str, stage: str, version: str, *, number: int = 0) -> tuple[int, str]:
        """Runs a `sh` of a build's stage; returns its exit code and all it printed."""
        step = self.builds[build].of("sh", stage=stage)[number]
        params = {"ENVIRONMENT": self.environment.name, "APP": "", "VERSION": version}
        ran = run_shell(step, params=params, credentials=self.environment.credentials)
        return ran.returncode, ran.stdout + ran.stderr

    def runs(self) -> list[Path]:
        """Folders of this environment's runs, the newest last."""
        requests = sorted((ROOT / ".rollway" / "runs").glob("*-deploy-*/result.json"))
        name = self.environment.name
        return [path.parent for path in requests if json.loads(path.read_text())["env"] == name]


@pytest.fixture(scope="module")
def agent(builds: dict[str, Build], environment: Environment) -> Agent:
    return Agent(builds, environment)


def test_a_plan_changes_nothing_and_the_environment_asks(agent: Agent) -> None:
    code, said = agent.run("approved", "Plan", "v-1")
    assert (code, "planned" in said) == (exits.DONE, True), said
    assert agent.run("approved", "Plan", "v-1", number=1)[0] == 0


def test_hosts_are_checked_against_the_credential_of_known_hosts(
    agent: Agent, tmp_path: Path
) -> None:
    (tmp_path / "empty").touch()
    files_given = {**agent.environment.credentials, "known-hosts": tmp_path / "empty"}
    other = Agent(agent.builds, replace(agent.environment, credentials=files_given))
    code, said = other.run("approved", "Plan", "v-1")
    assert (code, "Host key verification failed" in said) == (exits.REFUSED, True), said


def test_a_deploy_that_nobody_approved_is_refused(agent: Agent) -> None:
    code, said = agent.run("not asked", "Deploy", "v-1")
    assert (code, "asks before a deploy" in said) == (exits.USAGE, True), said


def test_an_approved_deploy_serves_and_leaves_its_results(agent: Agent, lab: Lab) -> None:
    code, said = agent.run("approved", "Deploy", "v-1")
    assert code == exits.DONE, said
    assert {host["version"] for host in lab.status()["hosts"]} == {"v-1"}
    run = agent.runs()[-1]
    assert _failures(agent, run) == 0
    artifacts = agent.builds["approved"].the("archiveArtifacts", stage="Deploy").value["artifacts"]
    names = {path.name for path in found(artifacts, among=[run])}
    assert names == {"result.json", "events.jsonl", "junit.xml"}


def test_a_bad_release_fails_the_build_and_a_test(agent: Agent, lab: Lab) -> None:
    code, said = agent.run("approved", "Deploy", "j-bad")
    assert (code, "the whole fleet serves" in said) == (exits.FAILED, True), said
    assert _failures(agent, agent.runs()[-1]) > 0
    assert {host["version"] for host in lab.status()["hosts"]} == {"v-1"}


def _failures(agent: Agent, run: Path) -> int:
    """Failed tests in the file that the step `junit` reads of this run."""
    patterns = agent.builds["approved"].the("junit").value["testResults"]
    (path,) = found(patterns, among=[run])
    suite = ET.parse(path).getroot()
    assert int(suite.get("tests", "0")) > 0
    return int(suite.get("failures", "0"))


@pytest.mark.parametrize("version", ["$(id)", "j-1; id", "`id`", "j-1' --yes '", "{{ 7*7 }}"])
@pytest.mark.parametrize("stage", ["Plan", "Deploy"])
def test_a_command_in_a_parameter_is_not_run(agent: Agent, stage: str, version: str) -> None:
    before = agent.runs()
    code, said = agent.run("approved", stage, version)
    assert (code, "uid=" in said) == (exits.USAGE, False), said
    assert "version: found" in said
    assert agent.runs() == before
