"""Stands in for `compose_release`: a host that refuses, so that a run ends after the first step."""

from __future__ import annotations

from ansible.module_utils.basic import AnsibleModule, _load_params


def main() -> None:
    """Take whatever is asked for: the real arguments are the matter of other tests."""
    names = [name for name in _load_params() if not name.startswith("_ansible")]
    module = AnsibleModule({name: {"type": "raw"} for name in names}, supports_check_mode=True)
    problem = {"where": "engine", "found": "it is a stand-in"}
    module.exit_json(changed=False, ok=False, seconds=0.0, problem=problem)


if __name__ == "__main__":
    main()
