"""Shim of the edge's code in `module_utils/rollway`: documentation, arguments, one call."""

from __future__ import annotations

DOCUMENTATION = r"""
module: haproxy_backend
short_description: Bring one application at an HAProxy edge to a desired state
description:
  - Both slots of every host stand in the backend under fixed names. Traffic moves by run-time
    commands, which lose nothing; a reload happens only when servers, ports or routes change.
  - Expected trouble is data. The module then succeeds with RV(ok=false) and RV(problem).
author: Rollway
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
options:
  app:
    description: Application.
    type: str
    required: true
  step:
    description:
      - V(apply) makes the desired state; V(load) only its topology, without moving traffic;
        V(read) only looks; V(settle) waits until no worker of an earlier reload is left;
        V(remove) takes the application out; V(drift) compares what runs with the edge's record;
        V(maintain) shows a page of maintenance or takes it away, and needs no lock; V(watch) looks
        at what the run has moved for the last time.
    type: str
    choices: [apply, load, read, settle, remove, drift, maintain, watch]
    default: apply
  backend:
    description: C(ready), C(hosts), C(path), C(retry) and C(drain_seconds) of the application.
    type: dict
  servers:
    description:
      - All servers, each with C(name), C(host), C(slot), C(address), C(port), C(state) and
        C(weight).
    type: list
    elements: dict
  probe:
    description: Servers that must answer the readiness path before traffic moves.
    type: list
    elements: str
    default: []
  probe_seconds:
    description: How long they may take.
    type: float
    default: 2
  observe_seconds:
    description: How long to watch the probed servers afterwards.
    type: float
    default: 0
  release_servers:
    description:
      - Servers of the release that comes, in rotation already or not. With V(apply), V(load) and
        V(watch) they are compared with the others, since the run's last step.
    type: list
    elements: str
    default: []
  back:
    description:
      - With V(apply), let the edge look on by itself, and bring these servers about when
        O(release_servers) fail more often than the others; none moves nothing back.
    type: list
    elements: dict
  deadline_seconds:
    description: How long V(settle) waits.
    type: float
    default: 60
  run_id:
    description: The run, for the record.
    type: str
    default: ""
  maintenance:
    description:
      - With V(maintain), the C(state) V(on) or V(off), C(retry_seconds) for clients, and for the
        record C(run), C(owner), C(since) and C(reason).
    type: dict
  run:
    description:
      - The run, with C(id), C(verb), C(owner), C(reason), C(started) and C(controller). It must
        have the application's lock on this host, to the last change; without a run nobody may.
    type: dict
  generation:
    description: The number that the step V(acquire) of C(compose_release) returned; with O(run).
    type: int
  env:
    description: The environment that asks, without a run; another one than its own is refused.
    type: str
    default: ""
  lock_root:
    description: Folder of the records where the lock lies; O(root) when not given.
    type: path
  master_socket:
    description: HAProxy's master socket.
    type: path
    default: /run/haproxy-master.sock
  root:
    description: Folder of the edge's data.
    type: path
    default: /var/lib/rollway-edge
  config_dir:
    description: Folder of HAProxy's configuration.
    type: path
    default: /etc/haproxy
"""

EXAMPLES = r"""
- name: See what an edge does
  haproxy_backend:
    app: iris
    step: read

- name: Move the traffic of one host to its green slot
  haproxy_backend:
    app: iris
    backend: {ready: /v2/health/ready, hosts: [], path: /, retry: [GET, HEAD], drain_seconds: 30}
    servers:
      - name: app-1-blue-1
        host: app-1
        slot: blue
        address: 192.0.2.11
        port: 20000
        state: maint
      - name: app-1-green-1
        host: app-1
        slot: green
        address: 192.0.2.11
        port: 20001
        state: ready
    probe: [app-1-green-1]
"""

RETURN = r"""
ok:
  description: Whether the edge is as asked.
  type: bool
  returned: always
problem:
  description: Otherwise C(where), what was C(found), what is C(accepted), and what to do C(next).
  type: dict
  returned: always
servers:
  description:
    - The servers as the current worker runs them, each with C(name), C(host), C(slot), C(address),
      C(port), C(admin_state), C(op_state), C(weight) and C(current_sessions).
  type: list
  returned: always
backend:
  description: The backend as it was applied last; none for an application unknown here.
  type: dict
  returned: when HAProxy answers
shifts:
  description:
    - By host and slot that left rotation, which C(worker) was current then, the C(wall) time in
      seconds since 1970, and the C(run).
  type: dict
  returned: when HAProxy answers
workers:
  description: HAProxy's workers, each with C(pid), C(current) and C(age_seconds).
  type: list
  returned: when HAProxy answers
old_workers:
  description: How many workers of earlier reloads still have connections.
  type: int
  returned: when HAProxy answers
reloaded:
  description: Whether the topology took a reload.
  type: bool
  returned: with V(apply), V(load) and V(remove)
shifted:
  description: Servers whose state or weight changed.
  type: list
  returned: with V(apply)
commands:
  description: What HAProxy was told, or would be told in check mode, in this order.
  type: list
  returned: with V(apply)
maintenance:
  description:
    - The page of maintenance that users get, with C(retry_seconds) and, where it is known, C(run),
      C(owner), C(since) and C(reason); none while requests reach the application.
  type: dict
  returned: with V(read) and V(maintain)
has_page:
  description: Whether this edge was provisioned with such a page.
  type: bool
  returned: with V(read) and V(maintain)
observed:
  description:
    - What the probed servers did while they were watched, C(requests), C(failed) and C(went_down)
      by name.
  type: dict
  returned: with O(observe_seconds)
findings:
  description:
    - What is not as the edge records it, each with C(kind), C(where), C(found), C(accepted) and
      C(next).
  type: list
  returned: with V(drift)
remarks:
  description: What a person should know although the step did its work.
  type: list
  returned: always
timings:
  description: Seconds by phase.
  type: dict
  returned: always
seconds:
  description: How long the step took on the edge.
  type: float
  returned: always
"""

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.rollway.arguments import HAPROXY_BACKEND
from ansible.module_utils.rollway.edge_steps import run_edge_step


def main() -> None:
    """Run one step."""
    module = AnsibleModule(argument_spec=HAPROXY_BACKEND, supports_check_mode=True)
    module.exit_json(**run_edge_step(module.params, check=module.check_mode, diff=module._diff))


if __name__ == "__main__":
    main()
