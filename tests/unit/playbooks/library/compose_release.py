"""Stands in for `compose_release`: a host that refuses, so that a run ends after the first step.

`locked-edge.json` and `locked-app.json` in the folder that the environment names say of which roots
how many calls find another run's lock first, `busy-edge.json` and `busy-app.json` the step of a
killed one; `<mode>.json` there is what every host answers to a call of that mode.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule, _load_params


def main() -> None:
    """Take whatever is asked for: the real arguments are the matter of other tests."""
    names = [name for name in _load_params() if not name.startswith("_ansible")]
    module = AnsibleModule({name: {"type": "raw"} for name in names}, supports_check_mode=True)
    folder = os.environ.get("ROLLWAY_STAND_IN") or "/nowhere"
    told = Path(folder, f"{module.params.get('mode')}.json")
    if told.exists():
        module.exit_json(changed=False, seconds=0.0, **json.loads(told.read_text()))
    place = "edge" if "edge" in str(module.params.get("root")) else "app"
    if _finds("busy", place):
        found = {"where": "mutex", "found": "the step start of run dead still runs on this host"}
        busy = {"step": "start", "seconds": 23.0, "left": 577.0, "process": 4711}
        answer = {"ok": False, "outcome": "locked", "lock": None, "busy": busy, "problem": found}
        module.exit_json(changed=False, seconds=0.0, **answer)
    if _finds("locked", place):
        lock = {"id": "theirs", "owner": "ana@laptop"}
        found = {"where": "lock.json", "found": "locked by deploy by ana@laptop (run theirs)"}
        answer = {"ok": False, "outcome": "locked", "lock": lock, "hold": None, "problem": found}
        module.exit_json(changed=False, seconds=0.0, **answer)
    ok = place == "edge" and bool(os.environ.get("ROLLWAY_STAND_IN"))
    problem = None if ok else {"where": "engine", "found": "it is a stand-in"}
    module.exit_json(changed=False, ok=ok, seconds=0.0, problem=problem, generation=1)


def _finds(what: str, place: str) -> bool:
    folder = os.environ.get("ROLLWAY_STAND_IN")
    if not folder:
        return False
    path = Path(folder, f"{what}-{place}.json")
    left = json.loads(path.read_text()) if path.exists() else 0
    path.write_text(json.dumps(max(0, left - 1)))
    return bool(left > 0)


if __name__ == "__main__":
    main()
