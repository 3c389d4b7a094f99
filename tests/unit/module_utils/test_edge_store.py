"""What an edge remembers survives, and is not believed when something else wrote it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from ansible.module_utils.rollway import edge_store
from ansible.module_utils.rollway.edge_apply import check_addresses
from ansible.module_utils.rollway.edge_store import Paths, Record, digest
from ansible.module_utils.rollway.problem import Problem

from tests.unit.module_utils.edge_samples import backend, server

SERVERS = (server("a-blue-1"), server("a-green-1", "maint", port=20001))
SHIFTS = {"a/green": {"worker": 7, "wall": 1.5, "run": "r"}}
RECORD = Record(backend(), SERVERS, digest(backend(), SERVERS), "run-1", SHIFTS)


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return Paths(tmp_path / "root", tmp_path / "config")


def test_a_record_is_read_as_it_was_written(paths: Paths) -> None:
    assert edge_store.load(paths, "iris") is None
    assert edge_store.save(paths, RECORD)
    assert edge_store.load(paths, "iris") == RECORD


def test_what_is_there_is_not_written_again(paths: Paths) -> None:
    edge_store.save(paths, RECORD)
    assert not edge_store.save(paths, RECORD)
    assert edge_store.save(paths, replace(RECORD, run="run-2"))


def test_other_applications_are_found(paths: Paths) -> None:
    other = replace(RECORD, backend=backend(app="other", hosts=("a.example",)))
    edge_store.save(paths, RECORD)
    edge_store.save(paths, other)
    assert edge_store.load_others(paths, but="iris") == {"other": other}


def test_no_application_can_be_called_like_the_edge_s_own_files(paths: Paths) -> None:
    """An application's lock lies in a folder of its name, beside them."""
    own = (paths.mutex, paths.records, paths.last_good)
    assert all("." in path.name for path in own)


@pytest.mark.parametrize("cut", [1, 10, 200])
def test_a_record_that_is_cut_short_is_named_and_kept(paths: Paths, cut: int) -> None:
    edge_store.save(paths, RECORD)
    path = paths.record("iris")
    path.write_text(path.read_text()[:-cut] if cut > 1 else path.read_text().replace("20001", "1"))
    text = path.read_text()
    with pytest.raises(Problem) as caught:
        edge_store.load(paths, "iris")
    assert caught.value.data["where"] == str(path)
    assert path.read_text() == text


def test_a_digest_does_not_see_weights_and_states() -> None:
    flipped = (replace(SERVERS[0], state="maint"), replace(SERVERS[1], state="ready", weight=1))
    assert digest(backend(), flipped) == digest(backend(), SERVERS)


CHANGES = [
    ("a port", digest(backend(), (replace(SERVERS[0], port=1), SERVERS[1]))),
    ("a host name", digest(backend(hosts=("a.example",)), SERVERS)),
    ("a path", digest(backend(path="/v1"), SERVERS)),
]


@pytest.mark.parametrize("other", [c[1] for c in CHANGES], ids=[c[0] for c in CHANGES])
def test_a_digest_sees_what_takes_a_reload(other: str) -> None:
    assert other != digest(backend(), SERVERS)


def test_one_change_at_a_time(paths: Paths) -> None:
    busy = pytest.raises(Problem, match="has not ended for 0 s")
    with edge_store.held(paths), busy, edge_store.held(paths, seconds=0):
        pass
    with edge_store.held(paths, seconds=0):
        assert paths.mutex.exists()


def test_an_address_of_another_application_is_refused_before_any_change(paths: Paths) -> None:
    other = replace(RECORD, backend=backend(app="other", hosts=("a.example",)))
    edge_store.save(paths, other)
    check_addresses(paths, backend(hosts=("b.example",)))
    check_addresses(paths, backend(hosts=("a.example",), path="/api/"))
    check_addresses(paths, backend(app="other", hosts=("a.example",)))
    with pytest.raises(Problem, match=r"a\.example/ is routed to other"):
        check_addresses(paths, backend(hosts=("a.example",)))


def test_so_is_one_whose_record_was_lost_while_its_backend_stands(paths: Paths) -> None:
    paths.fragments.mkdir(parents=True)
    paths.map.write_text("a.example/ other\nb.example/ gone\n")
    paths.fragment("other").touch()
    check_addresses(paths, backend(hosts=("b.example",)))
    with pytest.raises(Problem, match=r"a\.example/ is routed to other"):
        check_addresses(paths, backend(hosts=("a.example",)))
