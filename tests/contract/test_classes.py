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
FILES = files(*(f"{folder}/*test_*.py" for folder in LAB_TESTS))
UNIT_FILES = files(*(f"{folder}/*test_*.py" for folder in QUICK_TESTS))


def _stated(path: Path) -> list[str]:
    """The marks of `pytestmark`."""
    found = [
        node.value
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "pytestmark"
    ]
    texts = [ast.unparse(mark.func if isinstance(mark, ast.Call) else mark) for mark in found]
    return [text.removeprefix("pytest.mark.") for text in texts]


def test_every_folder_has_its_classes_and_files() -> None:
    assert set(CLASSES) == set(LAB_TESTS)
    for folder in (*LAB_TESTS, *QUICK_TESTS):
        assert [path for path in (*FILES, *UNIT_FILES) if named(path).startswith(f"{folder}/")]


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
