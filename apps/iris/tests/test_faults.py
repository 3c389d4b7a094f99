from __future__ import annotations

import socket
from typing import Any

import pytest
from iris_service import faults, service

READY = "/v2/health/ready"
INFER = "/v2/models/iris/infer"
BODY = {
    "inputs": [
        {"name": "flowers", "datatype": "FP64", "shape": [1, 4], "data": [5.1, 3.5, 1.4, 0.2]}
    ]
}


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(
    ("name", "early", "late"),
    [
        pytest.param("", True, True, id="no fault is ready at once"),
        pytest.param("never_ready", False, False, id="never_ready never is"),
        pytest.param("slow", False, True, id="slow is ready after its time"),
        pytest.param("error_rate", True, True, id="error_rate looks well"),
    ],
)
def test_readiness(name: str, early: bool, late: bool) -> None:  # noqa: FBT001 - a table's column
    clock = Clock()
    fault = faults.Fault(name, seconds=5, clock=clock)
    assert fault.is_ready is early
    clock.now += 5
    assert fault.is_ready is late


def test_ready_then_failing_fails_after_its_time() -> None:
    clock = Clock()
    fault = faults.Fault("ready_then_failing", seconds=5, clock=clock)
    client = service.assemble(service.Service("1", fault)).test_client()
    assert client.get(READY).status_code == 200
    clock.now += 5
    paths = [READY, "/v2/models/iris", "/v2/models/iris/stream?seconds=0", "/v2/health/live"]
    assert [client.get(path).status_code for path in paths] == [500, 500, 500, 200]
    assert client.post(INFER, json=BODY).status_code == 500


USERS = ["/", "/v2/models/iris", "/v2/models/iris/ready", "/v2/models/iris/stream?seconds=0"]
BESIDE = [READY, "/v2/health/live", "/metrics"]


def test_errors_fail_users_alone(serve: Any) -> None:
    client = serve(FAULT="errors")
    assert [client.get(path).status_code for path in (*USERS, *BESIDE)] == [500] * 4 + [200] * 3
    assert client.post(INFER, json=BODY).status_code == 500


def test_some_errors_fail_by_chance() -> None:
    drawn = iter([0.009, 0.01, 0.5, 0.0])
    fault = faults.Fault("some_errors", rate=0.01, chance=lambda: next(drawn))
    client = service.assemble(service.Service("1", fault)).test_client()
    assert [client.get(path).status_code for path in BESIDE] == [200] * 3  # nothing is drawn
    assert [client.get(USERS[1]).status_code for _ in range(4)] == [500, 200, 200, 500]


class Connection:
    """What gunicorn hands over: its options are noted."""

    def __init__(self) -> None:
        self.options: list[tuple[int, int, bytes]] = []

    def setsockopt(self, level: int, name: int, value: bytes) -> None:
        self.options.append((level, name, value))


@pytest.mark.parametrize(
    ("name", "options"),
    [
        pytest.param("no_answer", [], id="no_answer closes"),
        pytest.param(
            "reset",
            [(socket.SOL_SOCKET, socket.SO_LINGER, service.RESET_AT_CLOSE)],
            id="reset resets",
        ),
    ],
)
def test_connections_end_without_an_answer(
    serve: Any, name: str, options: list[tuple[int, int, bytes]]
) -> None:
    client, connection = serve(FAULT=name), Connection()
    assert [client.get(path).status_code for path in BESIDE] == [200] * 3
    with pytest.raises(ConnectionResetError):
        client.get(USERS[1], environ_overrides={"gunicorn.socket": connection})
    assert connection.options == options


def test_never_ready_says_why(serve: Any) -> None:
    response = serve(FAULT="never_ready").get(READY)
    assert response.status_code == 503
    assert response.json == {"error": "FAULT=never_ready: not ready", "version": "1.4.0"}


def test_slow_delays_inferences_alone(serve: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr(service.time, "sleep", slept.append)
    serve(FAULT="slow").post(INFER, json=BODY)
    assert slept == [faults.SLOW_INFERENCE_SECONDS]


@pytest.mark.parametrize(
    ("rate", "failures"),
    [
        pytest.param("0", 0, id="none"),
        pytest.param("0.1", 10, id="a tenth"),
        pytest.param("0.5", 50, id="every second"),
        pytest.param("1", 100, id="all"),
    ],
)
def test_error_rate_fails_its_share(serve: Any, rate: str, failures: int) -> None:
    client = serve(FAULT="error_rate", FAULT_RATE=rate)
    statuses = [client.post(INFER, json=BODY).status_code for _ in range(100)]
    assert statuses.count(500) == pytest.approx(failures, abs=1)
    assert statuses.count(200) == 100 - statuses.count(500)


def test_wrong_answers_are_valid_and_wrong(serve: Any) -> None:
    answer = serve(FAULT="wrong_answers").post(INFER, json=BODY).json
    label, class_id, probabilities = answer["outputs"]
    assert (label["data"], class_id["data"]) == (["versicolor"], [1])
    assert probabilities["data"][1] > 0.9


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        pytest.param(
            {"FAULT": "typo"},
            "iris: FAULT: 'typo' is no fault; accepted: never_ready, crash_loop, "
            "ready_then_failing, slow, error_rate, errors, some_errors, no_answer, reset, "
            "wrong_answers, or empty",
            id="an unknown fault",
        ),
        pytest.param(
            {"FAULT_RATE": "2"},
            "iris: FAULT_RATE: found '2'; accepted: a number from 0 to 1",
            id="a rate above one",
        ),
        pytest.param(
            {"FAULT_SECONDS": "soon"},
            "iris: FAULT_SECONDS: found 'soon'; accepted: a number from 0 to 86400",
            id="a time in words",
        ),
        pytest.param(
            {"FAULT": "crash_loop"}, "iris: FAULT=crash_loop ends the process", id="crash_loop"
        ),
    ],
)
def test_the_start_is_refused(serve: Any, environment: dict[str, str], message: str) -> None:
    with pytest.raises(SystemExit) as refusal:
        serve(**environment)
    assert str(refusal.value) == message
