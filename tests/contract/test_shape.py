"""Sizes, and which part may know which."""

from __future__ import annotations

import re
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from rollway.checking import QUICK_TESTS, TESTS
from tests.contract.repository import ROOT, files, imports, lines, named

MODULE_LINES = 300
PLAYBOOK_LINES = 40
TASKS_PY_LINES = 24

# Known to every part, and knowing none of them.
GROUND = {"errors", "exits", "names"}


def test_tasks_py_is_thin() -> None:
    assert lines(ROOT / "tasks.py") <= TASKS_PY_LINES


@pytest.mark.parametrize("path", files("playbooks/*.yml"), ids=named)
def test_a_playbook_is_a_verb_without_logic(path: Path) -> None:
    assert lines(path) <= PLAYBOOK_LINES


def _parts(path: Path) -> list[str]:
    """The names of the parts that a playbook imports, in their order."""
    return re.findall(r"import_playbook: parts/(\w+)\.yml", path.read_text())


@pytest.mark.parametrize("path", files("playbooks/*.yml"), ids=named)
def test_a_playbook_that_moves_traffic_moves_all_of_it_and_then_changes_the_workers(
    path: Path,
) -> None:
    found = _parts(path)
    if "first_wave" in found:
        assert found[-3] in {"other_waves", "later_waves"}
        assert found[-2:] == ["switch", "conclude"]


def test_python_modules_are_short() -> None:
    counted = {named(path): lines(path) for path in files("*.py")}
    assert {name: count for name, count in counted.items() if count > MODULE_LINES} == {}


def _known_nouns() -> dict[str, set[str]]:
    """For each noun of src/rollway the nouns that its modules import."""
    known: dict[str, set[str]] = {}
    for path in files("src/rollway/*.py"):
        own = _noun(path)
        found = {module.split(".")[1] for module in imports(path) if module[:8] == "rollway."}
        known.setdefault(own, set()).update(found - {own})
    return known


def _noun(path: Path) -> str:
    return path.relative_to(ROOT / "src/rollway").parts[0].removesuffix(".py")


def test_nobody_imports_the_command_line() -> None:
    assert [noun for noun, known in _known_nouns().items() if "cli" in known] == []


def test_the_ground_knows_no_part() -> None:
    known = _known_nouns()
    assert set().union(*(known[noun] for noun in GROUND)) - GROUND == set()


def test_imports_point_downwards() -> None:
    """Two parts that import each other have no order: one noun, or a third, is missing."""
    known = _known_nouns()
    graph = {noun: others & known.keys() for noun, others in known.items()}
    assert list(TopologicalSorter(graph).static_order())


def test_the_controller_s_package_does_not_know_ansible() -> None:
    found = [
        f"{named(path)} imports {module}"
        for path in files("src/rollway/*.py")
        for module in imports(path)
        if module.split(".")[0] in {"ansible", "molecule"}
    ]
    assert found == []


def test_the_target_side_needs_the_standard_library_only() -> None:
    foreign = [
        f"{named(path)} imports {module}"
        for path in files("plugins/module_utils/*.py")
        for module in imports(path)
        if module.split(".")[0] not in sys.stdlib_module_names
    ]
    assert foreign == []


def test_heavy_modules_are_imported_where_they_are_used() -> None:
    """Start-up of the command line is a figure: these cost 0.1 s and more each."""
    heavy = {"docker", "fabric", "pydantic", "requests", "rich", "scipy", "sklearn", "numpy"}
    script = "import sys; import rollway.cli as c; c.collection(); print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert {name.split(".")[0] for name in ran.stdout.split()} & heavy == set()


def test_names_of_modules_are_nouns_of_the_field() -> None:
    banned = re.compile(r"(^|_)(utils?|helpers?|misc|common|managers?)$")
    assert [named(path) for path in files("*.py") if banned.search(path.stem)] == []


def test_every_folder_of_tests_is_run_by_test() -> None:
    folders = {"/".join(Path(named(path)).parts[:2]) for path in files("tests/*/test_*.py")}
    assert folders - {*QUICK_TESTS, *TESTS} == set()
