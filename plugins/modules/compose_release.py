"""Shim of the steps in `module_utils/rollway`: documentation, arguments, one call."""

from __future__ import annotations

DOCUMENTATION = r"""
module: compose_release
short_description: Release a Compose application on this host, one step of a run at a time
description:
  - Brings a release to a host, starts it in the slot that does not serve, and records what became
    of it. Two Compose projects per application, V(<app>-blue) and V(<app>-green), never stop for
    one another.
  - Expected trouble is data. The module then succeeds with RV(ok=false) and RV(problem), so that
    a roll-out over many hosts decides from all answers.
author: Rollway
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
options:
  step:
    description:
      - What to do. V(jobs) runs the run-once work of a staged release. V(still) stops workers of
        which the fleet has one, wherever they may run; then V(place) starts them on their host.
        V(look) says who keeps
        others out, V(freeze) lets no run begin until V(unlock) takes it away; V(unlock) also takes
        a run's lock away. V(prune) removes what is beyond retention, V(doctor) finds and mends what
        is wrong; both have the lock while they change something. V(remove) takes the application
        off the host, once no edge sends requests there.
    type: str
    required: true
    choices: [
      acquire, stage, jobs, start, switch, still, place, undo, conclude, history, audit, look,
      freeze, unlock, drift, prune, doctor, remove,
    ]
  app:
    description: Application.
    type: str
    required: true
  root:
    description: Folder of the host's records.
    type: path
    default: /var/lib/rollway
  kind:
    description: What the host is; an edge has no engine, only a lock and records.
    type: str
    choices: [app, edge]
    default: app
  run:
    description: The run, with C(id), C(verb), C(owner), C(reason), C(started) and C(controller).
    type: dict
    required: true
  generation:
    description: The number that V(acquire) returned; needed by all other steps.
    type: int
  mode:
    description: Whether V(acquire), V(prune) and V(doctor) take the lock or change nothing at all.
    type: str
    choices: [lock, read]
    default: lock
  alive:
    description: The controller's live processes, C(scan_ticks) and C(processes).
    type: dict
  services: {type: list, elements: dict,
    description: "Web services that need ports, each with C(name) and C(replicas)."}
  images: {type: list, elements: str, description: "Images to look for."}
  claims: {type: list, elements: int,
    description: "Ports that accessories are to publish here, to be nobody else's on the host."}
  backend: {type: dict,
    description: "With O(reads_edge), C(hosts) and C(path), to be no other application's."}
  needs:
    description:
      - What the release asks of the host, C(memory_bytes) and C(has_gpus), so that V(acquire) says
        what there is for it.
    type: dict
  reads_edge:
    description: Whether V(acquire) and V(doctor) also look at the HAProxy of this host.
    type: bool
    default: false
  scale:
    description:
      - A C(service) and its C(replicas) here. V(acquire) says what the releases in the slots
        become, and reserves ports. V(stage) makes that of the kept C(release), if C(hash) agrees.
    type: dict
  compare:
    description:
      - A manifest for V(acquire) to compare with what serves; the result's C(differences) hold
        variables, files and a diff of the Compose text, values only where they are harmless.
    type: dict
  release_id:
    description: The release.
    type: str
  manifest:
    description: The release's manifest, for V(stage).
    type: dict
  registry_auth:
    description: Login for pulls, with C(serveraddress), C(username) and C(password).
    type: dict
  jobs:
    description: The jobs of the release for V(jobs) to run, in this order, unless they are done.
    type: list
    elements: str
  takes_unknown:
    description: The jobs that V(jobs) takes as done where nobody knows how they ended.
    type: list
    elements: str
  singletons: {type: list, elements: str,
    description: "The workers that V(still) stops or V(place) starts, services."}
  keeps: {type: dict, description: "Service to slot in which V(still) lets it go on."}
  placed: {type: dict,
    description: "Singleton to the hosts where it may run, which V(still) and V(conclude) note."}
  then_start:
    description: Whether V(stage) goes on into V(start).
    type: bool
    default: false
  anew:
    description: Whether V(start) also replaces containers of the same release in a warm slot.
    type: bool
    default: false
  service:
    description: Workers that V(switch) stops and starts again in their own slot, instead of all.
    type: str
  volumes:
    description: Whether V(remove) takes the application's volumes, too, with all that is in them.
    type: bool
    default: false
  slot:
    description: The slot to work in, V(blue) or V(green).
    type: str
  old_slot:
    description: The slot whose workers stop; none at the first release.
    type: str
  address:
    description: The address at which the edge reaches this host.
    type: str
  inventory_host:
    description: What the inventory calls this host.
    type: str
  accessory_addresses:
    description: Addresses of accessories, by name.
    type: dict
  drain_seconds:
    description: How long connections of a slot may last after traffic left it.
    type: float
    default: 30
  deadline_seconds:
    description: How long a start may take; each service has a deadline of its own without it.
    type: float
  stops_first:
    description:
      - Whether V(start) lets the slot that serves drain and stand still before the release comes
        up, for want of room for both; V(undo) then lets it serve again.
    type: bool
    default: false
  outcome:
    description: How the run ended.
    type: str
    choices: [good, bad, aborted, held]
  active_slot:
    description: The slot that serves from now on; none where nothing ever did.
    type: str
  keep_warm_seconds:
    description: How long the slot that served before stays up.
    type: float
    default: 300
  retention:
    description: How many releases to keep.
    type: int
    default: 5
  count:
    description: How many of the recorded runs V(history) and V(audit) return, the newest.
    type: int
    default: 20
  target:
    description: Whose lock or freeze V(unlock) takes away, the id of a run.
    type: str
  serves:
    description: For V(doctor), the slots to which edges send this host's requests.
    type: list
    elements: str
  edges_told:
    description: For V(doctor), whether every edge has said where it sends requests.
    type: bool
    default: false
  hosts:
    description: For V(doctor), all app hosts of the inventory; an edge needs servers of no other.
    type: list
    elements: str
  manifests:
    description: For V(doctor), releases as other hosts have them, without texts and contents.
    type: dict
  record:
    description: What to keep of the run.
    type: dict
  done_jobs:
    description: Jobs of the release that are done, wherever they ran, for V(conclude) to keep.
    type: dict
  hold:
    description:
      - With the outcome V(held), what a person has to decide, C(release), C(previous), C(hosts),
        C(reasons) and C(since); it stays in the lock.
    type: dict
  voids:
    description: Releases that no rollback may choose any more, once the outcome is V(good).
    type: list
    elements: str
"""

EXAMPLES = r"""
- name: See what a host has
  compose_release:
    step: acquire
    mode: read
    app: iris
    run: "{{ run }}"

- name: Start a staged release beside the one that serves
  compose_release:
    step: start
    app: iris
    run: "{{ run }}"
    generation: 7
    release_id: 3-1.4.0
    slot: green
    address: 192.0.2.11
"""

RETURN = r"""
ok: {type: bool, returned: always, description: "Whether the step did what it was asked."}
problem:
  description: Otherwise C(where), what was C(found), what is C(accepted), and what to do C(next).
  type: dict
  returned: always
generation: {type: int, returned: always, description: "The host's generation after the step."}
seconds: {type: float, returned: always, description: "How long the step took on the host."}
timings: {type: dict, returned: always, description: "The same by phase."}
remarks: {type: list, returned: always,
  description: "What a person should know although the step did its work."}
runs: {type: list, returned: with V(history), description: "The records of runs, newest first."}
holders:
  description:
    - With V(look), V(freeze) and V(unlock), who keeps others out, each with C(kind) (run, hold,
      decision or freeze), C(id), C(verb), C(owner), C(reason), C(started) and C(controller).
  type: list
  returned: with V(look), V(freeze) and V(unlock)
released: {type: list, returned: with V(unlock), description: "The kinds that were taken away."}
phase: {type: dict, returned: with V(history),
  description: "Where a run stands that has not come to its end."}
entries: {type: list, returned: with V(audit),
  description: "Who changed what and when, newest first."}
found: {type: bool, returned: with V(remove),
  description: "Whether there was anything of the application."}
volumes: {type: list, returned: with V(remove),
  description: "The application's volumes; they are gone only where that was asked."}
findings:
  description:
    - With V(drift), what is not as the host records it, each with C(kind), C(where), C(found),
      C(accepted) and C(next), a command for this host or nothing.
    - With V(doctor), what is wrong, each with C(kind), C(where), C(found), C(fix), which is what
      V(mode=lock) does about it, and C(next), which is what a person does.
  type: list
  returned: with V(drift) and V(doctor)
singletons: {type: list, returned: with V(still) and V(place),
  description: "The workers of which the fleet has one, and this host may run it."}
repaired: {type: list, returned: with V(doctor) and V(mode=lock),
  description: "With V(doctor), what was found and is no more."}
releases: {type: list, returned: with V(prune), description: "The releases that went, or would go."}
images: {type: list, returned: with V(prune), description: "The images that went, or would go."}
slots: {type: list, returned: with V(prune),
  description: "The slots that were cleared, or would be."}
bytes: {type: int, returned: with V(prune),
  description: "What was freed; with V(mode=read) what may be freed at most."}
serving: {type: dict, returned: with V(drift),
  description: "The release that serves, without its files and texts."}
scaled: {type: dict, returned: with V(acquire) and O(scale),
  description: "By release of a slot, the service's C(kind), and the C(release) that it becomes."}
jobs:
  description:
    - With V(jobs), the record of each job that is done, by name; with V(acquire), all records that
      the host has, by release and job.
  type: dict
  returned: with V(jobs) and V(acquire)
unknown: {type: str, returned: when it is not done,
  description: "With V(jobs), the job that began and of which nobody knows how it ended."}
containers:
  description: With V(acquire), what stands in each slot; with a failed start, what failed and why.
  type: raw
  returned: when there are any
"""

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
