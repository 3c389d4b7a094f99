from __future__ import annotations

from rollway.report.audit import audit_cells


def test_an_owner_is_text_and_no_markup() -> None:
    row = {"time": "T", "owner": "[red]me", "verb": "deploy", "release": None}
    cells = audit_cells({**row, "outcome": "good", "hosts": ["a", "b"], "run": "r"})
    assert cells == ["T", "\\[red]me", "deploy", "-", "good", "2", "r"]
