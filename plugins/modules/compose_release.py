"""Shim of the steps in `module_utils/rollway`: documentation, arguments, one call."""

from __future__ import annotations

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.rollway.arguments import COMPOSE_RELEASE
from ansible.module_utils.rollway.call import HostTools
from ansible.module_utils.rollway.clock import HostClock
from ansible.module_utils.rollway.command import run
from ansible.module_utils.rollway.engine import LocalEngine
from ansible.module_utils.rollway.steps import run_step


def main() -> None:
    """Run one step; arguments go neither to the host's log nor back in the result."""
    module = AnsibleModule(argument_spec=COMPOSE_RELEASE, supports_check_mode=True, no_log=True)
    tools = HostTools(engine=LocalEngine(), run=run, clock=HostClock())
    result = run_step(module.params, tools=tools, check=module.check_mode, diff=module._diff)
    asked = {name: module.params[name] for name in ("step", "app", "kind")}
    module.exit_json(**result, invocation={"module_args": asked})


if __name__ == "__main__":
    main()
