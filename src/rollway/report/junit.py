"""The steps of a run as JUnit XML, for Jenkins and its like."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from xml.etree import ElementTree as ET

from rollway.rollout.journal import Event


def junit_xml(result: Mapping[str, Any], events: Iterable[Event]) -> str:
    """A suite per run and a case per step and host; times in seconds."""
    seen = list(events)
    failures = [event for event in seen if not event.ok]
    suite = ET.Element(
        "testsuite",
        name=f"{result['verb']} {result['app']} {result['env']}",
        tests=str(len(seen)),
        failures=str(len(failures)),
        timestamp=str(result["started"]),
    )
    for event in seen:
        _add_case(suite, event)
    return ET.tostring(suite, encoding="unicode", xml_declaration=True)


def _add_case(suite: ET.Element, event: Event) -> None:
    name = event.step if event.wave is None else f"{event.step} wave {event.wave + 1}"
    seconds = f"{event.result.get('seconds', 0.0):.3f}"
    case = ET.SubElement(suite, "testcase", classname=event.host, name=name, time=seconds)
    if not event.ok:
        problem = event.result.get("problem") or {}
        message = str(problem.get("found") or event.result.get("msg") or "no answer")
        ET.SubElement(case, "failure", message=message)
