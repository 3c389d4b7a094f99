"""Shim of `module_utils/rollway/install`: puts the host-side unit's code on a host in one call."""

from __future__ import annotations

DOCUMENTATION = r"""
module: host_unit
short_description: Install the code that acts on a host when no controller is there
description:
  - Copies the package that C(compose_release) itself runs by, so that both always agree, and the
    command C(rollway-host). One call instead of a transfer for each file.
author: Rollway
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
options: {}
"""

EXAMPLES = r"""
- name: Install the command rollway-host
  host_unit:
"""

RETURN = r"""
files:
  description: What was written, or would be.
  type: list
  returned: always
"""

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.rollway import host_unit as _host_unit  # noqa: F401 - to be installed
from ansible.module_utils.rollway.install import differing, install, leftovers, wanted_files


def main() -> None:
    """Install what differs."""
    module = AnsibleModule(argument_spec={}, supports_check_mode=True)
    wanted = wanted_files()
    changes = sorted(map(str, [*differing(wanted), *leftovers(wanted)]))
    if changes and not module.check_mode:
        install(wanted)
    names = "".join(f"{name}\n" for name in changes)
    module.exit_json(
        changed=bool(changes), files=changes, diff={"before": "", "after": names} if changes else {}
    )


if __name__ == "__main__":
    main()
