"""The steps of a run as JUnit XML, for Jenkins and its like."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any
from xml.etree import ElementTree as ET

from rollway.rollout.journal import Event
from rollway.rollout.trouble import found_in

PROPERTIES = ("release", "version", "commit", "env", "run")
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit_xml(result: Mapping[str, Any], events: Iterable[Event]) -> str:
    """A suite per run and a case per step and host; times in seconds.

    A run that ended before any step failed, such as a refused one, has a case of its own.
    """
    seen = list(events)
    suite = ET.Element("testsuite", name=f"{result['verb']} {result['app']} {result['env']}")
    _add_properties(suite, result)
    for event in seen:
        _add_case(suite, event)
    if result.get("exit") and all(event.ok for event in seen):
        _add_reason(suite, result)
    said = ET.SubElement(suite, "system-out")
    said.text = _clean(f"{result.get('sentence', '')}\nnext: {result.get('next', '')}")
    _add_counts(suite, result)
    return ET.tostring(suite, encoding="unicode", xml_declaration=True)


def _add_properties(suite: ET.Element, result: Mapping[str, Any]) -> None:
    properties = ET.SubElement(suite, "properties")
    for name in PROPERTIES:
        ET.SubElement(properties, "property", name=name, value=_clean(result.get(name) or ""))


def _add_counts(suite: ET.Element, result: Mapping[str, Any]) -> None:
    cases = suite.findall("testcase")
    suite.set("tests", str(len(cases)))
    suite.set("failures", str(len(suite.findall("testcase/failure"))))
    suite.set("errors", "0")
    suite.set("time", f"{sum(float(case.get('time', 0)) for case in cases):.3f}")
    suite.set("timestamp", str(result["started"]))


def _add_case(suite: ET.Element, event: Event) -> None:
    name = event.step if event.wave is None else f"{event.step} wave {event.wave + 1}"
    seconds = f"{event.result.get('seconds') or 0.0:.3f}"
    case = ET.SubElement(suite, "testcase", classname=event.host, name=name, time=seconds)
    if event.ok:
        return
    problem = event.result.get("problem") or {}
    message = found_in(problem) or event.result.get("msg") or "no answer"
    failure = ET.SubElement(case, "failure", message=_clean(message))
    failure.text = _clean("\n".join([*_told(problem), *_logs(event)]))


def _add_reason(suite: ET.Element, result: Mapping[str, Any]) -> None:
    """What failed where no step did: a refusal, a gate, a decision that a person has to take."""
    name = str(result.get("outcome") or "run")
    case = ET.SubElement(suite, "testcase", classname=str(result["app"]), name=name, time="0.000")
    reasons = [str(reason) for reason in result.get("reasons") or ()]
    message = "; ".join(reasons) or str(result.get("sentence") or "it ended early")
    failure = ET.SubElement(case, "failure", message=_clean(message))
    lines = [line for problem in result.get("problems") or () for line in _told(problem)]
    failure.text = _clean("\n".join(lines or reasons))


def _told(problem: Mapping[str, Any]) -> list[str]:
    names = ("where", "found", "accepted", "next")
    return [f"{name}: {problem[name]}" for name in names if problem.get(name)]


def _logs(event: Event) -> list[str]:
    containers = event.result.get("containers")
    lines: list[str] = []
    for container in containers if isinstance(containers, list) else []:
        lines += [f"{container.get('name')}:", *map(str, container.get("log_tail") or ())]
    return lines


def _clean(text: Any) -> str:
    """Without what XML cannot hold: logs may have colours and other control characters."""
    return _NOT_XML.sub("", str(text))
