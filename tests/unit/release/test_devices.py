from __future__ import annotations

from typing import Any

import pytest

from rollway.config.problems import Problems
from rollway.release.devices import gpus

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
