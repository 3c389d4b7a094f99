"""Stands in for `haproxy_backend`: an edge that obeys, but for hosts the scenario calls silent."""

from __future__ import annotations

from typing import Any

from ansible.module_utils.basic import AnsibleModule, _load_params
from ansible.module_utils.scenario import SILENT


def main() -> None:
    """Take whatever the playbook asks for, as the other stand-in does."""
    names = [name for name in _load_params() if not name.startswith("_ansible")]
    module = AnsibleModule({name: {"type": "raw"} for name in names}, supports_check_mode=True)
    module.exit_json(changed=False, seconds=0.0, **answer(module.params))


def answer(asked: dict[str, Any]) -> dict[str, Any]:
    """The servers as they were asked for, and the silent ones among those to probe."""
    servers = [
        {"host": one["host"], "slot": one["slot"], "admin_state": one["state"]}
        for one in asked.get("servers") or []
    ]
    silent = [name for name in asked.get("probe") or [] if name.rsplit("-", 2)[0] in SILENT]
    problem = {"where": "probe", "found": f"no answer from {', '.join(silent)}"}
    return {"ok": not silent, "problem": problem if silent else None, "servers": servers}


if __name__ == "__main__":
    main()
