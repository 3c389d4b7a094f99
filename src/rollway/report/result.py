"""`result.json` of a run: what changed, where, how long, and what to type next."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rollway import exits, names
from rollway.errors import RollwayError
from rollway.records.files import write_whole
from rollway.report.interrupted import stopped, stopped_early
from rollway.report.junit import junit_xml
from rollway.report.status import fleet_status
from rollway.rollout.adoption import command as adopt_command
from rollway.rollout.calls import active_slot_of, release_on
from rollway.rollout.clocks import clock_notes
from rollway.rollout.hold import gives_up
from rollway.rollout.interrupted import signal_in
from rollway.rollout.journal import Event, Journal, without_repeats
from rollway.rollout.ledger import Ledger, fold
from rollway.rollout.maintenance import page_notes
from rollway.rollout.outcome import Outcome, conclude
from rollway.rollout.plan import ADOPT, FORWARD, RELEASING, Plan, load_plan
from rollway.rollout.preview import preview, watch_notes
from rollway.rollout.request import Request, load_request
from rollway.rollout.scale import asked_again, said_of
from rollway.rollout.silence import silent_hosts
from rollway.rollout.verdict import Verdict, judge_end

PREVIEW = "preview.json"
ABORTED = "aborted"


def write_report(run_dir: Path) -> dict[str, Any]:
    """Fold the run's folder into `result.json` and `junit.xml`, and return the result."""
    request, plan = load_request(run_dir), load_plan(run_dir)
    events = without_repeats(Journal(run_dir).events())
    result = _result(request, plan, events)
    if plan is not None and request.reads_only and not plan.refusal:
        content = preview(plan, request, Journal(run_dir).results("acquire"))
        write_whole(run_dir / PREVIEW, json.dumps(content, indent=1, ensure_ascii=False))
        result["warnings"] = content["warnings"]
    write_whole(run_dir / "result.json", json.dumps(result, indent=1, ensure_ascii=False))
    write_whole(run_dir / "junit.xml", junit_xml(result, events))
    return result


def write_status(run_dir: Path) -> dict[str, Any]:
    """Fold what the hosts answered into `status.json`, and return it."""
    status = fleet_status(load_request(run_dir), Journal(run_dir).results("acquire"))
    write_whole(run_dir / "status.json", json.dumps(status, indent=1, ensure_ascii=False))
    return status


def write_error(runs_dir: Path, run_id: str, error: RollwayError) -> None:
    """Note in `error.json` why a request was refused before there was anything to plan."""
    run_dir = runs_dir / names.run_id(run_id)
    if not os.access(runs_dir, os.W_OK) and not run_dir.exists():
        return
    run_dir.mkdir(parents=True, mode=0o700, exist_ok=True)
    found = {"where": error.where, "found": error.found, "accepted": error.accepted}
    content = {**found, "next": error.next, "exit": error.exit_code}
    write_whole(run_dir / "error.json", json.dumps(content, ensure_ascii=False))


def _result(request: Request, plan: Plan | None, events: list[Event]) -> dict[str, Any]:
    head = {
        "run": request.run["id"],
        "verb": request.verb,
        "app": request.app,
        "env": request.env,
        "owner": request.run.get("owner"),
        "started": request.run["started"],
        "finished": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "url": request.url,
    }
    if plan is None and signal_in(events):
        return {**head, **stopped_early(request, events)}
    if plan is None:
        return {**head, "outcome": "broken", "exit": exits.UNEXPECTED, "hosts": []}
    ledger = fold(plan, events)
    verdict = judge_end(plan, ledger)
    outcome = conclude(plan, ledger, verdict, events)
    if request.reads_only and not plan.refusal:
        outcome = _planned(plan, request)
    return {
        **head,
        **_release(plan),
        "notes": _notes(request, plan, events),
        "outcome": outcome.name,
        "exit": outcome.exit_code,
        "sentence": outcome.sentence,
        "reasons": list(outcome.reasons),
        "next": outcome.next_command,
        "hosts": [_host(plan, name, events, verdict) for name in plan.hosts],
        "waves": plan.waves,
        "problems": plan.refusal.problems if plan.refusal else _problems(events),
        "observed": _observed(events),
        "jobs": _jobs(plan, ledger),
        "rollback_of": plan.previous.get("id") if plan.verb == "rollback" else None,
        "interrupted_run": stopped(plan, ledger, events) if outcome.name == ABORTED else None,
    }


def _planned(plan: Plan, request: Request) -> Outcome:
    if gives_up(plan):
        again = f"./invoke {plan.verb} --env={plan.env} --app={plan.app}"
        return Outcome("planned", exits.DONE, f"{plan.release_id} would be given up", again)
    if plan.leaves:
        told = f"{plan.release_id} would leave, and project {plan.adopt['project']} run as before"
        again = f"./invoke {plan.verb} --env={plan.env} --app={plan.app}"
        return Outcome("planned", exits.DONE, told, again)
    count = len(plan.wave_hosts)
    goes = f"{plan.release_id} would go to {count} hosts in {len(plan.waves)} waves"
    sentence = f"{said_of(plan)}{goes}"
    if plan.scale:
        return Outcome("planned", exits.DONE, sentence, asked_again(plan))
    following = f"./invoke {plan.verb} --env={plan.env} --app={plan.app}"
    if plan.verb == ADOPT:
        return Outcome("planned", exits.DONE, sentence, adopt_command(plan))
    if plan.verb in RELEASING:
        following += f" --version={plan.release['version']}"
    following += f" --to={request.to}" if request.to else ""
    return Outcome("planned", exits.DONE, sentence, following + plan.limit_option)


def _release(plan: Plan) -> dict[str, Any]:
    source = plan.release.get("source") or {}
    return {
        "release": plan.release.get("id"),
        "version": plan.release.get("version"),
        "commit": source.get("commit"),
        "previous": plan.previous.get("id"),
        "images": _images(plan, plan.release),
        "previous_images": _images(plan, plan.previous),
    }


def _images(plan: Plan, release: dict[str, Any]) -> dict[str, str]:
    """By service; of a job only where the verb may run it: going back runs none."""
    jobs = set() if plan.verb in FORWARD else {one["name"] for one in plan.release.get("jobs", [])}
    images = release.get("images", {})
    return {name: image for name, image in images.items() if name not in jobs}


def _notes(request: Request, plan: Plan, events: Iterable[Event]) -> list[str]:
    """What a person should know all the same; a plan has warnings of its own for these."""
    seen = [] if request.reads_only else list(events)
    acquired = [one for one in seen if one.step == "acquire"]
    told = [*clock_notes(acquired), *page_notes(request, acquired)]
    unwatched = [] if request.reads_only or plan.refusal else watch_notes(plan)
    return [*plan.release.get("notes", []), *told, *_remarks(seen), *unwatched]


def _remarks(events: Iterable[Event]) -> list[str]:
    """What hosts and edges said of what they did, such as an accessory that was made anew."""
    remarks = (
        f"{one.host}: {remark}"
        for one in events
        if one.step in ("stage", "start", "shift", "conclude")
        for remark in one.result.get("remarks") or ()
    )
    return list(dict.fromkeys(remarks))


def _host(plan: Plan, name: str, events: list[Event], verdict: Verdict) -> dict[str, Any]:
    host = plan.hosts[name]
    ledger = fold(plan, events)
    seconds = {event.step: event.result.get("seconds") for event in events if event.host == name}
    return {
        "host": name,
        "action": host.action,
        "order": host.order,
        "slot": active_slot_of(plan, ledger, verdict, name),
        "release": release_on(plan, ledger, verdict, name),
        "before": host.old_release,
        "answers": name not in silent_hosts(plan, events),
        "seconds": seconds,
    }


def _jobs(plan: Plan, ledger: Ledger) -> list[dict[str, Any]]:
    """The release's jobs, and the record of each that is done; nothing undoes those."""
    return [
        {"job": job.name, "when": job.when, "host": job.host, "done": ledger.jobs.get(job.name)}
        for job in plan.jobs
    ]


def _observed(events: Iterable[Event]) -> list[dict[str, Any]]:
    """What each edge saw of a wave in its bake: requests, failures, seconds after the shift."""
    return [
        {"edge": event.host, "wave": event.wave, "server": name, **seen}
        | {"seconds": event.result["observed_seconds"]}
        for event in events
        if event.step == "shift"
        for name, seen in event.result.get("observed", {}).items()
    ]


def _problems(events: Iterable[Event]) -> list[dict[str, Any]]:
    """What failed, with the evidence a person needs: container states, last log lines."""
    return [
        {
            "host": event.host,
            "step": event.step,
            "unreachable": event.unreachable,
            **(event.result.get("problem") or {"found": str(event.result.get("msg", ""))}),
            "containers": event.result.get("containers", []),
        }
        for event in events
        if not event.ok
    ]
