"""Stands in for `compose_release`: a host that serves 1-old, and fails where the scenario says."""

from __future__ import annotations

from typing import Any

from ansible.module_utils.basic import AnsibleModule, _load_params
from ansible.module_utils.scenario import FAILS, HOSTS

OLD = {"version": "old", "hash": "of old", "outcome": "good"}
HTTP = {"service": "api", "port": 8000, "ready": "/ready", "hosts": [], "path": "/", "retry": []}
MANIFEST = {
    "id": "1-old",
    "version": "old",
    "services": [{"name": "api", "class": "web", "replicas": 1, "port": 8000}],
    "http": {**HTTP, "drain_seconds": 1},
}
STATE = {
    "active": "blue",
    "slots": {"blue": {"release": "1-old", "version": "old", "state": "running"}},
    "releases": {"1-old": OLD},
}


def main() -> None:
    """Take whatever is asked for: the real arguments are the matter of other tests."""
    names = [name for name in _load_params() if not name.startswith("_ansible")]
    module = AnsibleModule({name: {"type": "raw"} for name in names}, supports_check_mode=True)
    module.exit_json(changed=False, seconds=0.0, generation=1, **answer(module.params))


def answer(asked: dict[str, Any]) -> dict[str, Any]:
    """What a step says of itself."""
    if [asked.get("inventory_host"), asked["step"]] in FAILS:
        return {"ok": False, "problem": {"where": "api", "found": "it never got ready"}}
    if asked["step"] == "acquire":
        return {"ok": True, **(edge() if asked["kind"] == "edge" else host())}
    if asked["step"] == "jobs":
        done = {"run": "trap", "started": "T", "finished": "T", "exit_code": 0}
        return {"ok": True, "jobs": dict.fromkeys(asked["jobs"], done)}
    is_started = asked["step"] == "start" or asked.get("then_start")
    return {"ok": True, "pulled": [], **({"cut": {}} if is_started else {})}


def host() -> dict[str, Any]:
    """An app host: records, ports."""
    ports = {"api": {"blue": [20000], "green": [20001]}}
    return {"state": STATE, "manifests": {"1-old": MANIFEST}, "ports": ports}


def edge() -> dict[str, Any]:
    """An edge that sends requests to the blue slot of every host."""
    same = {"slot": "blue", "address": "192.0.2.1", "port": 20000, "weight": 100}
    state = {"admin_state": "ready", "op_state": "up"}
    servers = [{"name": f"{name}-blue-1", "host": name, **same, **state} for name in HOSTS]
    return {"edge": {"servers": servers, "old_workers": 0}}


if __name__ == "__main__":
    main()
