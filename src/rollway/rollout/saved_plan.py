"""A plan that `plan --out` saved: read, and checked for what a deploy relies on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from rollway.errors import RollwayError


def load_sealed(path: Path) -> dict[str, Any]:
    """What a plan saved by `plan --out` has sealed; RollwayError when it is not such a file."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise _refusal(path, error.strerror or str(error)) from None
    except (ValueError, RecursionError):
        raise _refusal(path, "it is not a saved plan") from None
    sealed = content.get("sealed") if isinstance(content, dict) else None
    if not isinstance(sealed, dict):
        raise _refusal(path, "it is not a saved plan")
    odd = [name for name, is_well in _checks(sealed).items() if not is_well]
    if odd:
        raise _refusal(path, f"it has no {', '.join(odd)} that a plan would have")
    return sealed


def _checks(sealed: dict[str, Any]) -> dict[str, bool]:
    """What a deploy takes from the plan: without hosts it would be for all of them."""
    texts = {name: _is_text(sealed.get(name)) for name in ("env", "app", "version")}
    lists = {name: _are_texts(sealed.get(name)) for name in ("hosts", "outside")}
    lists["hosts"] = lists["hosts"] and bool(sealed["hosts"])
    return {**texts, **lists, "generations": isinstance(sealed.get("generations"), dict)}


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(_is_text(one) for one in value)


def _refusal(path: Path, found: str) -> RollwayError:
    return RollwayError(
        f"--plan={path}",
        found,
        accepted="a file that plan wrote",
        next="./invoke plan --env=NAME --version=X --out=FILE",
    )
