"""`provision`: make the hosts of an environment ready for deploys."""

from __future__ import annotations

from typing import Any

from rollway import exits
from rollway.cli import options
from rollway.cli.verb import say, verb
from rollway.remote.inventory import matching_hosts
from rollway.remote.playbook import Play, run_playbook

HELP = {
    "env": "Environment: a folder of inventories/. `local` is the embedded fleet",
    "limit": "Only these hosts, as an Ansible pattern",
    "check": "Show what would be changed; change nothing",
    "diff": "Show differences of files",
    "verbose": "Show more of Ansible's own output",
}


@verb(help=HELP)
def provision(
    _context: Any,
    env: str = "",
    limit: str = "",
    check: bool = False,
    diff: bool = False,
    verbose: bool = False,
) -> int:
    """Install engine, Compose, HAProxy and registry on the hosts; a second run changes nothing."""
    name, limited = options.environment(env), options.limit(limit)
    inventory = options.INVENTORIES / name
    # by name: a pattern with `,` `&` or `!` does not bear to have the controller appended
    hosts = [*matching_hosts(inventory, limited), "localhost"] if limited else []
    play = Play(
        "playbooks/provision.yml",
        inventory=inventory,
        extra_vars={},
        limit=",".join(hosts) or None,
        check=check,
        diff=diff,
        verbose=int(verbose),
        environment={"ANSIBLE_DISPLAY_SKIPPED_HOSTS": "false"},
    )
    ended = run_playbook(play)
    if ended.signal:
        return exits.after_signal(ended.signal.name)
    say(_end(name, code=ended.code, check=check))
    return exits.FAILED if ended.code else exits.DONE


def _end(env: str, *, code: int, check: bool) -> str:
    if code:
        return f"provision {env}: failed with {code}; next: the same command, after the cause above"
    if check:
        return f"provision {env}: nothing was changed; next: ./invoke provision --env={env}"
    return f"provision {env}: done; next: ./invoke deploy --env={env}"
