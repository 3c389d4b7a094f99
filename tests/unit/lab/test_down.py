from __future__ import annotations

from pathlib import Path

from rollway.lab.down import forget
from rollway.lab.paths import lab_paths

ROOT = Path(__file__).resolve().parents[3]


def _inventory(root: Path, text: str) -> Path:
    path = lab_paths("lab-mine", root=root).inventory
    path.parent.mkdir(parents=True)
    path.write_text(text)
    return path


def test_an_inventory_that_a_person_wrote_is_kept(tmp_path: Path) -> None:
    path = _inventory(tmp_path, "all: {hosts: {app-1: {}}}\n")
    forget(lab_paths("lab-mine", root=tmp_path))
    assert path.exists()


def test_a_generated_inventory_goes_with_its_lab(tmp_path: Path) -> None:
    template = ROOT / "roles" / "lab_host" / "templates" / "hosts.yml.j2"
    path = _inventory(tmp_path, template.read_text())
    forget(lab_paths("lab-mine", root=tmp_path))
    assert not path.parent.exists()
