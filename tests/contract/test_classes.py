"""Every test file states its class: unit by its folder, and lab, fault or long by `pytestmark`."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from rollway.checking import LAB_TESTS, QUICK_TESTS
from tests.contract.repository import files, named

CLASSES = {
    "tests/molecule": {"lab", "long"},
    "tests/integration": {"lab", "long"},
    "tests/faults": {"fault", "long"},
}
FILES = [path for folder in LAB_TESTS for path in files(f"{folder}/test_*.py")]
UNIT_FILES = [path for folder in QUICK_TESTS for path in files(f"{folder}/**/test_*.py")]


def _stated(path: Path) -> list[str]:
    """The marks of `pytestmark`."""
    found = [
        node.value
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "pytestmark"
    ]
    texts = [ast.unparse(mark.func if isinstance(mark, ast.Call) else mark) for mark in found]
    return [text.removeprefix("pytest.mark.") for text in texts]


def test_every_folder_of_the_lab_has_its_classes() -> None:
    assert set(CLASSES) == set(LAB_TESTS)


@pytest.mark.parametrize("path", FILES, ids=named)
def test_a_file_states_one_class_of_its_folder(path: Path) -> None:
    stated = _stated(path)
    assert len(stated) == 1
    assert stated[0] in CLASSES[str(Path(named(path)).parent)]


@pytest.mark.parametrize("path", UNIT_FILES, ids=named)
def test_a_unit_test_wants_no_lab(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    tests = [one for one in functions if one.name.startswith("test_")]
    assert [one.name for one in tests if "lab" in {arg.arg for arg in one.args.args}] == []
