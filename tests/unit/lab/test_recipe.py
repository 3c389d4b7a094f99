from __future__ import annotations

from pathlib import Path

import pytest

from rollway.lab import recipe

FILES = {
    "roles/lab_host/files/image/Dockerfile": "FROM base",
    "roles/lab_host/tasks/main.yml": "tasks",
    "roles/edge/vars/main.yml": "packages: [haproxy]",
    "roles/edge/tasks/packages.yml": "install",
    "roles/edge/tasks/main.yml": "more",
    "playbooks/lab.yml": "plays",
    "playbooks/provision.yml": "plays",
    "playbooks/parts/provision_edge.yml": "plays",
    "plugins/module_utils/rollway/reap.py": "unit",
    "README.md": "words",
}

CHANGES = [
    pytest.param("roles/lab_host/files/image/Dockerfile", "bare ready", True, id="the recipe"),
    pytest.param("roles/edge/vars/main.yml", "ready", True, id="a list of packages"),
    pytest.param("roles/edge/tasks/packages.yml", "ready", True, id="how packages are installed"),
    pytest.param("roles/edge/tasks/main.yml", "", True, id="other tasks of provisioning"),
    pytest.param("roles/lab_host/tasks/main.yml", "", True, id="how hosts are created"),
    pytest.param("playbooks/parts/provision_edge.yml", "", True, id="a playbook"),
    pytest.param("plugins/module_utils/rollway/reap.py", "", True, id="the unit on the hosts"),
    pytest.param("README.md", "", False, id="anything else"),
]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.mark.parametrize(("changed", "images", "is_provisioned_again"), CHANGES)
def test_a_change_makes_what_it_decides_again(
    checkout: Path, changed: str, images: str, is_provisioned_again: bool
) -> None:
    tags, fingerprint = recipe.tags(checkout), recipe.fingerprint(checkout)
    (checkout / changed).write_text("changed")
    after = recipe.tags(checkout)
    differing = [
        name for name in ("base", "bare", "ready") if getattr(after, name) != getattr(tags, name)
    ]
    assert differing == images.split()
    assert (recipe.fingerprint(checkout) != fingerprint) is is_provisioned_again


def test_tags_name_their_kind(checkout: Path) -> None:
    tags = recipe.tags(checkout)
    assert [tag.split(":")[0] for tag in (tags.base, tags.bare, tags.ready)] == [
        "rollway-lab/base",
        "rollway-lab/bare",
        "rollway-lab/ready",
    ]
