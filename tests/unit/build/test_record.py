from __future__ import annotations

import json
from pathlib import Path

from rollway.build.record import Built, Image, path_of, save
from rollway.release.source import Source

SOURCE = Source("c" * 40, "main", "Zoë <zoe@example.com>", False, "v1", "2026-11-20T10:00:00Z", "x")
IMAGE = Image("api", "10.77.0.5:5000/iris:1.4.0", "sha256:aa", "abc", is_new=True)


def test_a_record_can_be_read_again(tmp_path: Path) -> None:
    built = Built("iris", "1.4.0", "staging", SOURCE, (IMAGE,), {"FAULT": "slow"}, 1.5)
    save(built, tmp_path)
    assert path_of(built, tmp_path) == tmp_path / "iris" / "1.4.0.json"
    record = json.loads((tmp_path / "iris" / "1.4.0.json").read_text(encoding="utf-8"))
    assert record == built.as_json()
    assert record["source"]["author"] == "Zoë <zoe@example.com>"
    assert record["images"][0]["pinned"] == "10.77.0.5:5000/iris@sha256:aa"
