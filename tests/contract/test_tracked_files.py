"""What must not be in any file of the repository."""

from __future__ import annotations

from tests.contract.repository import ROOT, files, named

# Put together from pieces, so that this file names none of them itself.
HOSTS = [
    ".".join(pieces)
    for pieces in (
        ("pypi", "org"),
        ("files", "pythonhosted", "org"),
        ("registry", "npmjs", "org"),
        ("deb", "debian", "org"),
        ("security", "debian", "org"),
        ("archive", "ubuntu", "com"),
        ("galaxy", "ansible", "com"),
    )
]
PATHS = [
    "/" + "/".join(pieces) + "/"
    for pieces in (("work", "main"), ("opt", "wheels"), ("opt", "pypi"))
]
SIZE_LIMIT_BYTES = 1_000_000


def _holding(patterns: list[str]) -> list[str]:
    return [
        f"{named(path)}: {pattern}"
        for path in files()
        for pattern in patterns
        if pattern.encode() in path.read_bytes()
    ]


def test_no_file_names_a_package_registry() -> None:
    assert _holding(HOSTS) == []


def test_no_file_names_a_path_of_the_machine_it_was_written_on() -> None:
    assert _holding([*PATHS, *(path.rstrip("/") for path in PATHS), str(ROOT) + "/"]) == []


def test_requirements_are_pinned_hashed_and_free_of_indexes() -> None:
    text = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    pins = [line for line in text.splitlines() if line and line[0].isalnum()]
    assert pins
    assert [pin for pin in pins if "==" not in pin or not pin.endswith("\\")] == []
    assert [line for line in text.splitlines() if line.startswith("-")] == []


def test_every_requirement_is_locked() -> None:
    locked = {
        line.split("==")[0]
        for line in (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
        if "==" in line
    }
    wanted = {
        line.split("#")[0].split(">")[0].split("<")[0].split("=")[0].strip().lower()
        for line in (ROOT / "requirements.in").read_text(encoding="utf-8").splitlines()
    } - {""}
    assert wanted - locked == set()


def test_files_are_small() -> None:
    large = {named(path): path.stat().st_size for path in files()}
    assert {name: size for name, size in large.items() if size >= SIZE_LIMIT_BYTES} == {}
