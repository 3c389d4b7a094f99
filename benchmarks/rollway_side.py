"""How `./invoke deploy` itself comes to release the benchmark's service.

The command takes applications of apps/ by name, and its playbooks take the folder of an inventory
variable. So the lab's inventory names a folder in which the service stands under the name of an
application that apps/ has: what is timed is the command as people type it, with nothing patched.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from benchmarks.fleet import APP_SOURCE, WORK, Fleet
from benchmarks.methods import APP

APPS = WORK / "apps"
COOL_SECONDS = 3
"""A release comes hours after the last one: the old slot is gone by then. It must not be measured
here as work of the next release, so it leaves soon, and nothing is timed until it is gone."""


def write_settings(fleet: Fleet, variables: Mapping[str, str]) -> None:
    """Tell the lab's inventory where the service is, and the values of its Compose file."""
    APPS.mkdir(parents=True, exist_ok=True)
    link = APPS / APP
    if not link.is_symlink():
        link.symlink_to(APP_SOURCE, target_is_directory=True)
    settings = {
        "rollway_apps_dir": str(APPS),
        "rollway_variables": {**variables, "KEEP_WARM_SECONDS": str(COOL_SECONDS)},
    }
    path = fleet.inventory / "group_vars" / "all.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(settings, indent=2) + "\n", encoding="utf-8")


def wait_until_cool(fleet: Fleet) -> None:
    """Wait on every host until one slot is left at most."""
    fleet.on_all(_WAIT)


_WAIT = f"""for try in $(seq 300); do
  slots=$(docker ps --all --quiet --filter name=^{APP}- | wc -l)
  [ "$slots" -le 1 ] && exit 0
  sleep 0.2
done
echo "an old slot does not go" >&2; exit 1"""
