from __future__ import annotations

from typing import Any

import pytest

from rollway.config.problems import Problems
from rollway.config.structure import check_structure
from rollway.release.devices import gpus

BAD: list[tuple[Any, str, str]] = [
    (3, "", "3; accepted: a list of mappings"),
    ("all", "", "'all'; accepted: a list of mappings"),
    ({"count": 1}, "", "{'count': 1}; accepted: a list of mappings"),
    ([3], "", "[3]; accepted: a list of mappings"),
    ([{"capabilities": 5}], "/0/capabilities", "5; accepted: a list"),
    ([{"device_ids": "0"}], "/0/device_ids", "'0'; accepted: a list"),
    ([{"cuont": 1}], "/0/cuont", "unknown key; accepted: count"),
]


@pytest.mark.parametrize(("devices", "below", "said"), BAD, ids=[str(case[0]) for case in BAD])
def test_what_is_no_list_of_devices_is_said(devices: Any, below: str, said: str) -> None:
    problems = Problems("file")
    service = {"deploy": {"resources": {"reservations": {"devices": devices}}}}
    check_structure({"services": {"api": service}}, problems)
    path = f"services/api/deploy/resources/reservations/devices{below}"
    assert problems.found == [f"{path}: {said}"]


GPU = {"driver": "nvidia", "capabilities": ["gpu"]}
RESERVED: list[tuple[str, list[dict[str, Any]], dict[str, Any]]] = [
    ("no devices", [], {}),
    ("a number", [{**GPU, "count": 2}], {"count": 2, "ids": []}),
    ("a number as text", [{**GPU, "count": "1"}], {"count": 1, "ids": []}),
    ("all", [{**GPU, "count": "all"}], {"count": "all", "ids": []}),
    ("no number is all", [GPU], {"count": "all", "ids": []}),
    ("by their ids", [{**GPU, "device_ids": ["3", "0"]}], {"count": 0, "ids": ["0", "3"]}),
    ("no driver is nvidia's", [{"capabilities": ["gpu"], "count": 1}], {"count": 1, "ids": []}),
    ("two entries", [{**GPU, "count": 1}, {**GPU, "count": 2}], {"count": 2, "ids": []}),
    ("another driver", [{**GPU, "driver": "amd", "count": 1}], {}),
    ("another capability", [{"capabilities": ["tpu"], "count": 1}], {}),
]


@pytest.mark.parametrize(
    ("devices", "expected"), [case[1:] for case in RESERVED], ids=[case[0] for case in RESERVED]
)
def test_the_gpus_of_a_container(devices: list[dict[str, Any]], expected: dict[str, Any]) -> None:
    problems = Problems("file")
    service = {"deploy": {"resources": {"reservations": {"devices": devices}}}}
    assert gpus(service, "services/api", problems) == ({"gpus": expected} if expected else {})
    assert problems.found == []


def test_a_count_that_is_none_is_said() -> None:
    problems = Problems("file")
    devices = [{**GPU, "count": "some"}]
    gpus({"deploy": {"resources": {"reservations": {"devices": devices}}}}, "services/a", problems)
    where = "services/a/deploy/resources/reservations/devices/count"
    assert problems.found == [f"{where}: 'some'; accepted: a number of GPUs, or all"]
