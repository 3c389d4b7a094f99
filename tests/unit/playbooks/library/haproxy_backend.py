"""Stands in for `haproxy_backend`: an edge that shows pages and refuses everything else."""

from __future__ import annotations

from ansible.module_utils.basic import AnsibleModule, _load_params


def main() -> None:
    """Take whatever is asked for: the real arguments are the matter of other tests."""
    names = [name for name in _load_params() if not name.startswith("_ansible")]
    module = AnsibleModule({name: {"type": "raw"} for name in names}, supports_check_mode=True)
    page = module.params.get("maintenance")
    shown = page if page and page["state"] == "on" else None
    answer = {"has_page": True, "maintenance": shown, "backend": {"ready": "/"}}
    ok = module.params.get("step") in ("read", "maintain")
    problem = None if ok else {"where": "haproxy", "found": "it is a stand-in"}
    module.exit_json(changed=bool(page), ok=ok, seconds=0.0, problem=problem, **answer)


if __name__ == "__main__":
    main()
