from __future__ import annotations

from pathlib import Path

from rollway.lab.paths import LabPaths
from rollway.lab.status import HostStatus, LabStatus, lines

PATHS = LabPaths("lab-x", Path("/checkout"))
HOST = HostStatus("app-1", ("app",), "10.77.0.21", "exited", {22: 24000})


def test_no_lab_is_one_line_with_the_command_that_makes_it() -> None:
    status = LabStatus("lab-x", None, is_ready=False, url=None, hosts=())
    assert lines(status, PATHS) == ["lab lab-x: none; next: ./invoke lab.up --env=lab-x"]


def test_a_lab_with_a_stopped_host_says_so() -> None:
    status = LabStatus("lab-x", "26.1.5", is_ready=False, url="http://127.0.0.1:1", hosts=(HOST,))
    login = (
        "  login: ssh -i /checkout/.rollway/labs/lab-x/id_ed25519 "
        "-o UserKnownHostsFile=/checkout/.rollway/labs/lab-x/known_hosts -p 24000 root@127.0.0.1"
    )
    assert lines(status, PATHS) == [
        "lab lab-x: not ready; next: ./invoke lab.up --env=lab-x",
        "  app-1        app        10.77.0.21     exited     ssh 24000",
        "  url: http://127.0.0.1:1",
        login,
    ]


def test_every_edge_has_its_url() -> None:
    urls = {"edge-1": "http://127.0.0.1:1", "edge-2": "http://127.0.0.1:2"}
    status = LabStatus(
        "lab-x", "26.1.5", is_ready=True, url=urls["edge-1"], hosts=(HOST,), edge_urls=urls
    )
    assert lines(status, PATHS)[2:4] == [
        "  url: http://127.0.0.1:1",
        "  url: http://127.0.0.1:2 (edge-2)",
    ]
    assert status.as_json()["edge_urls"] == urls


def test_the_status_is_data() -> None:
    status = LabStatus("lab-x", "26.1.5", is_ready=True, url=None, hosts=(HOST,))
    assert status.as_json()["hosts"] == (
        {
            "name": "app-1",
            "groups": ("app",),
            "address": "10.77.0.21",
            "state": "exited",
            "ports": {22: 24000},
        },
    )
