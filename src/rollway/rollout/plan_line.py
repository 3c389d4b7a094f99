"""What a plan comes to, in one line."""

from __future__ import annotations

from rollway import exits
from rollway.rollout.plan import REMOVE, ROLLING, Plan
from rollway.rollout.scale import said_of


def plan_line(plan: Plan) -> str:
    """What the run is about to do, in a sentence."""
    if plan.refusal:
        is_done = plan.refusal.exit_code == exits.DONE
        return "nothing to do" if is_done else "refused before any change"
    if plan.leaves:
        return f"{plan.verb}: {plan.release_id} leaves, project {plan.adopt['project']} comes back"
    if plan.verb == REMOVE:
        return f"{plan.verb} of {plan.app}: edges first"
    if plan.service:
        return f"{plan.verb} of {plan.service} of {plan.release_id}"
    if not plan.waves:
        return f"{said_of(plan)}{plan.release_id} serves on every host already"
    sizes = ", ".join(str(len(wave)) for wave in plan.waves)
    word = "of" if plan.verb in ROLLING else "to"
    hosts = "1 host" if len(plan.wave_hosts) == 1 else f"{len(plan.wave_hosts)} hosts"
    stopping = [name for name, host in plan.hosts.items() if host.leaves_rotation]
    stops = f"; stop-first: {', '.join(stopping)}" if stopping else ""
    what = f"{said_of(plan)}{plan.verb} {word} {plan.release_id}"
    return f"{what}: {hosts} in waves of {sizes}{stops}"
