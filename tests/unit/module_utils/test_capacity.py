"""What a host says of the room it has for another release."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from ansible.module_utils.rollway import acquire
from ansible.module_utils.rollway.command import Finished

from tests.unit.module_utils.fakes import FakeHost, a_manifest, a_run

FREE = 1000
FIRST, SECOND = "1-1.0.0", "2-1.1.0"
SMI = "0, GPU-a, 512, 15872\n1, GPU-b, [N/A], [N/A]\n"
GPUS = [
    {"index": "0", "uuid": "GPU-a", "used_bytes": 512 << 20, "free_bytes": 15872 << 20},
    {"index": "1", "uuid": "GPU-b", "used_bytes": None, "free_bytes": None},
]


def _services(memory: int | None, **more: Any) -> list[dict[str, Any]]:
    (web, worker) = a_manifest()["services"]
    return [{**web, "memory_bytes": memory, **more}, worker]


def _acquired(host: FakeHost, monkeypatch: pytest.MonkeyPatch, **needs: Any) -> dict[str, Any]:
    """The facts of a host with so much memory available."""
    facts = {"memory_available_bytes": FREE}
    monkeypatch.setattr(acquire, "app_host_facts", lambda _, **_asked: dict(facts))
    result = host.step("acquire", run=a_run("run-x"), mode="read", needs=needs)
    assert result["ok"], result["problem"]
    found: dict[str, Any] = result["facts"]
    return found


def _deployed(host: FakeHost, memory: int | None, **more: Any) -> None:
    """A release of which each container is promised so much serves in blue."""
    acquired = host.step("acquire", run=a_run(), services=[{"name": "api", "replicas": 1}])
    common = {"run": a_run(), "generation": acquired["generation"], "slot": "blue"}
    release = a_manifest(FIRST, services=_services(memory, **more))
    assert host.step("stage", **common, manifest=release, then_start=True)["ok"]
    assert host.step("conclude", **common, release_id=FIRST, outcome="good", active_slot="blue")[
        "ok"
    ]
    host.engine.log.clear()


MEASURED: list[Any] = [
    pytest.param(None, 5000, True, id="no promise, and more than there is"),
    pytest.param(400, 600, False, id="both fit, by what they are promised"),
    pytest.param(400, 601, True, id="one byte too few"),
    pytest.param(None, None, False, id="nobody says how much"),
    pytest.param(501, None, True, id="another kept release would not fit beside it"),
]


@pytest.mark.parametrize(("promised", "asked", "is_measured"), MEASURED)
def test_what_slots_use_is_measured_only_where_it_decides(
    host: FakeHost,
    monkeypatch: pytest.MonkeyPatch,
    promised: int | None,
    asked: int | None,
    is_measured: bool,
) -> None:
    _deployed(host, promised)
    host.engine.memory = {"iris-blue-api-1-1": 70}
    facts = _acquired(host, monkeypatch, memory_bytes=asked or 0)
    assert ("memory of iris-blue-api-1-1" in host.engine.log) is is_measured
    expected = {"blue": 70, "green": 0} if is_measured else None
    assert facts.get("memory_used_bytes") == expected


def _smi(host: FakeHost, finished: Finished) -> list[list[str]]:
    """A stand-in for nvidia-smi: no machine of ours has a GPU."""
    asked: list[list[str]] = []

    def run(argv: Sequence[str], **_: Any) -> Finished:
        asked.append(list(argv))
        return finished if argv[0] == "nvidia-smi" else FakeHost.run(host, argv, seconds=1)

    host.run = run  # type: ignore[method-assign]
    return asked


NO_PROGRAM = Finished(127, "", "nvidia-smi: No such file or directory")
SEEN: list[Any] = [
    pytest.param(Finished(0, SMI, ""), GPUS, id="two GPUs, one of which tells no figures"),
    pytest.param(NO_PROGRAM, [], id="no nvidia-smi"),
]


@pytest.mark.parametrize(("finished", "expected"), SEEN)
def test_gpus_are_those_that_nvidia_smi_shows(
    host: FakeHost, monkeypatch: pytest.MonkeyPatch, finished: Finished, expected: Any
) -> None:
    _smi(host, finished)
    assert _acquired(host, monkeypatch, has_gpus=True)["gpus"] == expected


def test_nvidia_smi_is_asked_only_where_a_release_reserves_gpus(
    host: FakeHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = _smi(host, Finished(0, SMI, ""))
    assert "gpus" not in _acquired(host, monkeypatch)
    assert not [argv for argv in asked if argv[0] == "nvidia-smi"]
    _deployed(host, None, gpus={"count": 1, "ids": []})
    assert _acquired(host, monkeypatch)["gpus"] == GPUS  # a way back to it may come


def test_a_driver_that_does_not_answer_is_told_and_refuses_nothing_here(host: FakeHost) -> None:
    _deployed(host, None, gpus={"count": 1, "ids": []})
    _smi(host, Finished(9, "", "couldn't communicate with the NVIDIA driver"))
    result = host.step("acquire", run=a_run("run-back"))
    assert (result["ok"], result["outcome"]) == (True, "acquired")
    assert "gpus" not in result["facts"]
    assert result["facts"]["gpus_problem"] == {
        "where": "nvidia-smi",
        "found": "couldn't communicate with the NVIDIA driver",
        "accepted": "a list of GPUs",
        "next": "nvidia-smi on this host",
    }
