from __future__ import annotations

from typing import Any
from xml.etree import ElementTree as ET

from rollway.report.junit import junit_xml
from rollway.rollout.journal import Event

RESULT: dict[str, Any] = {
    "verb": "deploy",
    "app": "iris",
    "env": "local",
    "run": "r-1",
    "release": "2-b",
    "version": "b",
    "commit": "abc",
    "started": "2026-01-01T00:00:00Z",
    "outcome": "bad",
    "exit": 2,
    "sentence": "2-b failed",
    "next": "./invoke status",
    "reasons": ["no disk"],
}
PROBLEM = {"where": "api-1", "found": "not ready", "accepted": "200", "next": "./invoke logs"}
FAILED = Event(
    "start",
    "app-1",
    ok=False,
    wave=0,
    result={
        "problem": PROBLEM,
        "seconds": 1.5,
        "containers": [{"name": "c-1", "log_tail": ["\x1b[31mboom <&>\x00"]}],
    },
)


def _counts(suite: ET.Element) -> tuple[int, int]:
    return int(suite.get("tests", "")), int(suite.get("failures", ""))


def test_a_failed_step_carries_its_evidence() -> None:
    steps = [Event("stage", "app-1", result={"seconds": 1.0}), FAILED]
    suite = ET.fromstring(junit_xml(RESULT, steps))
    assert _counts(suite) == (2, 1)
    assert suite.get("time") == "2.500"
    failure = suite.find("testcase/failure")
    assert failure is not None
    assert failure.get("message") == "not ready"
    assert failure.text == (
        "where: api-1\nfound: not ready\naccepted: 200\nnext: ./invoke logs\nc-1:\n[31mboom <&>"
    )
    assert suite.findtext("system-out") == "2-b failed\nnext: ./invoke status"
    found = {one.get("name"): one.get("value") for one in suite.findall("properties/property")}
    assert found == {
        "release": "2-b",
        "version": "b",
        "commit": "abc",
        "env": "local",
        "run": "r-1",
    }


def test_a_refused_run_has_a_failing_case_with_the_reason() -> None:
    refused = {**RESULT, "outcome": "refused", "exit": 6, "problems": [PROBLEM]}
    suite = ET.fromstring(junit_xml(refused, []))
    assert _counts(suite) == (1, 1)
    failure = suite.find("testcase[@name='refused']/failure")
    assert failure is not None
    assert failure.get("message") == "no disk"
    assert "next: ./invoke logs" in (failure.text or "")


def test_a_good_run_has_no_failure() -> None:
    suite = ET.fromstring(junit_xml({**RESULT, "exit": 0}, [Event("stage", "app-1")]))
    assert _counts(suite) == (1, 0)
