"""A plan for people: host by service, what differs, what it takes, and the next command."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rollway.report.ending import DIGEST_CHARACTERS, names_in_short
from rollway.rollout.plan import BEFORE_TRAFFIC, RELEASING
from rollway.rollout.scale import change_words

COLUMNS = ("host", "wave", "service", "action", "order", "image")
_COMES_UP = ("new", "does not run")
"""Why an accessory starts that did not run: it says nothing more."""
_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")
_STEP = 1024


def print_plan(plan: Mapping[str, Any], *, with_diff: bool) -> None:
    """Print a plan on stdout; `with_diff` adds the differences of the Compose text."""
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    table = Table(*COLUMNS, title=title(plan), title_justify="left")
    for cells in rows(plan):
        table.add_row(*cells)
    console.print(table)
    for line in plan_lines(plan, with_diff=with_diff):
        console.print(line, markup=False, soft_wrap=True)


def title(plan: Mapping[str, Any]) -> str:
    """`deploy of 4-1.2.0 to iris on staging, now 3-1.1.0`."""
    before = f", now {plan['previous']}" if plan["previous"] else ", the first release"
    return f"{plan['verb']} of {plan['release']}: {plan['app']} on {plan['env']}{before}"


def rows(plan: Mapping[str, Any]) -> Iterable[list[str]]:
    """One row per host and service."""
    for host in plan["hosts"]:
        for number, one in enumerate(host["services"]):
            is_first = number == 0
            yield [
                host["host"] if is_first else "",
                str(host["wave"] or "-") if is_first else "",
                f"{one['service']} ({one['class']})",
                _action(host, one),
                one["order"] if one["action"] != "keep" else "-",
                _image(one),
            ]


def plan_lines(plan: Mapping[str, Any], *, with_diff: bool) -> list[str]:
    """What stands below the table."""
    lines = [_wave(number, wave) for number, wave in enumerate(plan["waves"], start=1)]
    lines += ["nothing to do: every host serves it"] if not plan["waves"] else []
    lines += _replicas(plan)
    lines += _accessories(plan)
    lines += [_job(one) for one in plan.get("jobs", [])]
    lines += [line for one in plan.get("singletons", []) if (line := _singleton(one))]
    lines += [line for one in plan.get("adoption", []) for line in _adopted(one)]
    lines += [f"left out: {', '.join(plan['outside'])}"] if plan["outside"] else []
    lines += [_stop(host) for host in plan["hosts"] if host["order"] == "stop-first"]
    lines += [line for host in plan["hosts"] for line in _room(host)]
    for difference in plan["differences"]:
        lines += _difference(difference, with_diff=with_diff)
    lines += [f"note: {note}" for note in plan["notes"]]
    return [*lines, *(f"warning: {warning}" for warning in plan["warnings"])]


def size(count: int | None) -> str:
    """`35 MiB`; `unknown` where nobody told."""
    if count is None:
        return "unknown"
    value, power = float(count), 0
    while value >= _STEP and power < len(_UNITS) - 1:
        value, power = value / _STEP, power + 1
    return f"{value:.{0 if power < 3 else 1}f} {_UNITS[power]}"  # noqa: PLR2004 - GiB want a digit


def _action(host: Mapping[str, Any], service: Mapping[str, Any]) -> str:
    if service["action"] == "keep":
        return "keep"
    how = f"start in {host['slot']}" if host["action"] == "start" else f"traffic to {host['slot']}"
    return service["action"] if service["action"] == "remove" else f"{service['action']}, {how}"


def _image(service: Mapping[str, Any]) -> str:
    before, now = _digest(service["image_before"]), _digest(service["image"])
    return now if before in {now, "-"} else f"{before} → {now}"


def _digest(image: str | None) -> str:
    if not image:
        return "-"
    return image.rpartition(":")[2][:DIGEST_CHARACTERS] if "@" in image else image


def _wave(number: int, wave: list[str]) -> str:
    return f"wave {number}: {names_in_short(wave)}"


def _replicas(plan: Mapping[str, Any]) -> list[str]:
    """`api: 3 → 2 replicas`: once for all hosts that change alike."""
    services = [one for host in plan["hosts"] for one in host["services"]]
    return list(dict.fromkeys(_number(one, plan) for one in services if _is_other_number(one)))


def _is_other_number(service: Mapping[str, Any]) -> bool:
    is_other = service["replicas"] != service["replicas_before"]
    return bool(service["action"] == "replace" and is_other)


def _number(service: Mapping[str, Any], plan: Mapping[str, Any]) -> str:
    """A deploy takes the number of the Compose file, also where a scale had set another."""
    name, before, now = service["service"], service["replicas_before"], service["replicas"]
    is_taken_back = plan["verb"] in RELEASING and service["scaled_before"] == before
    why = f": scale had set {before}, the Compose file has {now}" if is_taken_back else ""
    return f"{change_words(name, before=before, now=now)}{why}"


def _accessories(plan: Mapping[str, Any]) -> list[str]:
    """`accessory db: made anew on app-1: config db.conf`, once for all hosts alike."""
    found: dict[tuple[str, str], list[str]] = {}
    for host in plan["hosts"]:
        for one in host.get("accessories", []):
            why = ", ".join(word for word in one["why"] if word not in _COMES_UP)
            what = f"accessory {one['service']}: {'made anew' if one['anew'] else 'comes up'}"
            found.setdefault((what, why), []).append(host["host"])
    return [
        f"{what} on {names_in_short(hosts)}{f': {why}' if why else ''}"
        for (what, why), hosts in found.items()
    ]


def _job(job: Mapping[str, Any]) -> str:
    """`job migrate: on app-1, before the release starts`."""
    if job["done"]:
        return f"job {job['job']}: done already, in run {job['done']}"
    when = "before the release starts" if job["when"] == BEFORE_TRAFFIC else "after the traffic"
    return f"job {job['job']}: on {job['host']}, {when}"


def _singleton(one: Mapping[str, Any]) -> str:
    """`singleton beat: from app-2 to app-1`; '' where it is no part of the release any more."""
    if one["stays"]:
        return f"singleton {one['service']} {one['stays']}"
    before = [host for host in one["before"] if host != one["host"]]
    if not one["host"]:
        return f"singleton {one['service']}: stops on {', '.join(before)}" if before else ""
    moves = f"from {', '.join(before)} to" if before else "on"
    return f"singleton {one['service']}: {moves} {one['host']}"


def _adopted(host: Mapping[str, Any]) -> list[str]:
    """`app-1: shop-web-1 (web, running, 4f2a…, port 8080): runs on, …`, and its data."""
    name, containers = host["host"], host["containers"]
    lines = [
        f"{name}: {one['name']} ({', '.join(_container(one))}): {one['becomes']}"
        for one in containers
    ]
    lines += [
        f"{name}: {one['source']} at {one['target']} of {one['service']}: {one['becomes']}"
        for one in host["data"]
    ]
    return lines or [f"{name}: nothing of project {host['project']}, a new host"]


def _container(one: Mapping[str, Any]) -> list[str]:
    ports = [f"port {port}" for port in one["ports"]]
    return [one["class"], one["state"], _digest(one["image"]), *ports]


def _stop(host: Mapping[str, Any]) -> str:
    return f"{host['host']}: stop-first, out of rotation in wave {host['wave']}: {host['why']}"


def _room(host: Mapping[str, Any]) -> list[str]:
    if host["action"] != "start":
        return []
    needed = size(host["memory_needed_bytes"]) if host["memory_needed_bytes"] else "no limit set"
    memory = f"memory {needed} beside what runs, {size(host['memory_available_bytes'])} available"
    disk = f"to pull {size(host['pull_bytes'])}, disk {size(host['disk_free_bytes'])} free"
    return [f"{host['host']}: {memory}; {disk}"]


def _difference(found: Mapping[str, Any], *, with_diff: bool) -> list[str]:
    where = names_in_short(found["hosts"])
    lines = [
        f"{where}: {one['service']}: {one['name']} {_values(one)}" for one in found["environment"]
    ]
    lines += [f"{where}: file {one['path']} {one['change']}" for one in found["files"]]
    return [*lines, *(found["compose"].splitlines() if with_diff else [])]


def _values(change: Mapping[str, Any]) -> str:
    if change["before"] != change["after"] and change["change"] == "changed":
        return f"{change['before']} → {change['after']}"
    return f"{change['change']}: {change['after'] or change['before']}"
