"""How a run ended: the exit code of the command line, in words, with the next command."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from rollway import exits
from rollway.rollout.adoption import command as adopt_command
from rollway.rollout.calls import release_on
from rollway.rollout.hold import gives_up
from rollway.rollout.interrupted import not_recorded
from rollway.rollout.journal import Event
from rollway.rollout.ledger import Ledger
from rollway.rollout.plan import RELEASING, RESTART, ROLLBACK, SCALE, Plan
from rollway.rollout.scale import asked_again, said_of
from rollway.rollout.silence import silent_hosts
from rollway.rollout.verdict import Decision, Verdict


@dataclass(frozen=True)
class Outcome:
    """`name`: good, bad, held, aborted, refused, locked, broken; `record` is what hosts write."""

    name: str
    exit_code: int
    sentence: str
    next_command: str
    reasons: tuple[str, ...] = ()
    is_settled: bool = True
    marks_bad: bool = False

    @property
    def record(self) -> str:
        """The word the hosts know: good, bad, held, or aborted, which stops nothing.

        Where an edge has not confirmed the way back (`is_settled` false) it may still send
        requests to either slot, so both stay up. A held release that is given up (`marks_bad`) is
        bad, though the run did what it was asked.
        """
        if not self.is_settled:
            return "aborted"
        if self.marks_bad:
            return "bad"
        return {"good": "good", "bad": "bad", "broken": "bad", "left": "bad", "held": "held"}.get(
            self.name, "aborted"
        )


def conclude(plan: Plan, ledger: Ledger, verdict: Verdict, events: Iterable[Event]) -> Outcome:
    """Decide the outcome; call it before `conclude` for the record and after it for the report."""
    seen = list(events)
    left = _unfinished(seen)
    silent = silent_hosts(plan, seen)
    if plan.refusal:
        return _refused(plan, verdict)
    if ledger.interrupted:
        return _aborted(plan, ledger, verdict, seen)
    if gives_up(plan):
        return _given_up(plan, verdict, left)
    if verdict.decision is Decision.ROLL_BACK:
        return _rolled_back(plan, ledger, verdict, left, silent)
    if verdict.decision is Decision.HOLD:
        return _held(plan, ledger, verdict, silent)
    return _done(plan, ledger, verdict, left, silent)


def _aborted(plan: Plan, ledger: Ledger, verdict: Verdict, events: list[Event]) -> Outcome:
    """A signal: everything is left where it is, and said."""
    emptied, silent = _emptied(plan, ledger), silent_hosts(plan, events)
    serving = _serving(plan, ledger, verdict, but=[*emptied, *silent])
    told = [f"{release or 'nothing'} serves on {', '.join(on)}" for release, on in serving.items()]
    told += [f"out of rotation: {', '.join(emptied)}"] if emptied else []
    told += _unanswered(silent)
    missing = not_recorded(list(plan.generations), events)
    told += [f"not recorded on {', '.join(missing)}"] if missing else []
    told += _not_undone(ledger)
    sentence = "; ".join([f"interrupted by {ledger.interrupted}", *told])
    code = exits.after_signal(ledger.interrupted)
    return Outcome("aborted", code, sentence, _on_or_back(plan), verdict.reasons)


def _emptied(plan: Plan, ledger: Ledger) -> list[str]:
    """Hosts that stop first, which every edge has let go and none has taken back."""
    waves = [plan.waves[number] for number in sorted(ledger.drained_waves)]
    leaving = [name for wave in waves for name in plan.stopping(wave)]
    return [name for name in leaving if name not in ledger.moved] if ledger.reverted is None else []


def _on_or_back(plan: Plan) -> str:
    """What continues a run that was interrupted, and what goes back."""
    which = f"--env={plan.env} --app={plan.app}"
    back = _back(plan)
    if plan.hold:
        return f"./invoke promote {which}, or {back}"
    alone = f" --service={plan.service}" if plan.service else ""
    commands = {
        **dict.fromkeys(RELEASING, _again(plan)),
        ROLLBACK: f"./invoke rollback {which} --to={plan.release_id}{plan.limit_option}",
        RESTART: f"./invoke restart {which}{alone}{plan.limit_option}",
        SCALE: asked_again(plan),
    }
    again = commands.get(plan.verb)
    return f"{again} continues, {back} goes back" if again else back


def _back(plan: Plan) -> str:
    """What goes back; of some hosts alone only a rollback does."""
    which = f"--env={plan.env} --app={plan.app}"
    is_part = bool(plan.adopt and plan.outside and not plan.previous)
    return f"./invoke rollback {which}{plan.limit_option}" if is_part else f"./invoke abort {which}"


def _held(plan: Plan, ledger: Ledger, verdict: Verdict, silent: list[str]) -> Outcome:
    """Mixed on purpose: nothing moves until a person has looked."""
    held = str(plan.hold.get("release") or plan.release_id)
    serving = _serving(plan, ledger, verdict, but=silent)
    moved = ", ".join(serving.pop(held, [])) or "no host"
    failed = f"{plan.verb} failed; " if plan.hold else ""
    others = [f"{release or 'nothing'} on {', '.join(on)}" for release, on in serving.items()]
    on_hosts = ", ".join([f"it serves on {moved}", *others])
    sentence = "; ".join([f"{failed}{held} is held: {on_hosts}", *_unanswered(silent)])
    which = f"--env={plan.env} --app={plan.app}"
    following = f"./invoke promote {which}, or ./invoke abort {which}"
    return Outcome("held", exits.HELD, sentence, following, verdict.reasons)


def _done(
    plan: Plan, ledger: Ledger, verdict: Verdict, left: list[str], silent: list[str]
) -> Outcome:
    missing = sorted({*ledger.failed_hosts, *left})
    unheard = [name for name in silent if name not in missing]
    count = len(plan.hosts) - len({*ledger.failed_hosts, *silent})
    what = "; ".join([f"{_deed(plan)} on {_hosts(count)}", *_left_out(plan)])
    if missing:
        sentence = f"{what}, but not in order: {', '.join(missing)}"
        sentence = "; ".join([sentence, *_unanswered(unheard)])
        return Outcome("good", exits.NEEDS_PERSON, sentence, _again(plan), verdict.reasons)
    if unheard:
        sentence = "; ".join([what, *_unanswered(unheard)])
        following = _when_back(plan, unheard)
        return Outcome("good", exits.NEEDS_PERSON, sentence, following, verdict.reasons)
    return Outcome("good", exits.DONE, what, _go_back(plan))


def _given_up(plan: Plan, verdict: Verdict, left: list[str]) -> Outcome:
    """A held release that nothing served before: it is marked bad, and no traffic moves."""
    what = f"{plan.release_id} is given up; nothing serves, as before"
    code = exits.NEEDS_PERSON if left else exits.DONE
    sentence = f"{what}, but not in order: {', '.join(left)}" if left else what
    return Outcome("good", code, sentence, _status(plan), verdict.reasons, marks_bad=True)


def _rolled_back(
    plan: Plan, ledger: Ledger, verdict: Verdict, left: list[str], silent: list[str]
) -> Outcome:
    left = sorted({*left, *ledger.stranded, *ledger.singletons.astray})
    not_undone = _not_undone(ledger)
    if ledger.reverted is False or left:
        sentence = "failed, and not every host could be put back"
        named = f"{sentence}: {', '.join(left)}" if left else f"{sentence}: an edge did not answer"
        named = "; ".join([named, *not_undone])
        is_settled = ledger.reverted is not False
        following = _mend(plan, left)
        return Outcome("broken", exits.NEEDS_PERSON, named, following, verdict.reasons, is_settled)
    if plan.leaves:
        sentence = "; ".join(
            [f"{plan.release_id} is left; {_whole(plan, {None: []})}", *not_undone]
        )
        return Outcome("left", exits.DONE, sentence, _status(plan))
    tried = f"{plan.verb} of {plan.release_id}" if plan.verb == RESTART else plan.release_id
    whole = _whole(plan, _serving(plan, ledger, verdict, but=silent), silent=silent)
    sentence = "; ".join([f"{tried} failed", whole, *not_undone])
    if silent:
        following = _when_back(plan, silent)
        return Outcome("bad", exits.NEEDS_PERSON, sentence, following, verdict.reasons)
    return Outcome("bad", exits.FAILED, sentence, _status(plan), verdict.reasons)


def _deed(plan: Plan) -> str:
    if plan.verb != RESTART:
        return f"{said_of(plan)}{plan.release_id} serves"
    return f"{f'{plan.service} of ' if plan.service else ''}{plan.release_id} was started anew"


def _serving(
    plan: Plan, ledger: Ledger, verdict: Verdict, *, but: Collection[str] = ()
) -> dict[str | None, list[str]]:
    """Which release serves on which hosts of the run, without those of which nobody can say so."""
    found: dict[str | None, list[str]] = {}
    for name in [one for one in plan.hosts if one not in but]:
        found.setdefault(release_on(plan, ledger, verdict, name), []).append(name)
    return found


def _whole(
    plan: Plan, serving: Mapping[str | None, list[str]], *, silent: Sequence[str] = ()
) -> str:
    """`the whole fleet serves X` is said of a fleet that does, and of no other."""
    if plan.adopt and [*serving] == [None]:
        return f"the containers of project {plan.adopt['project']} run as before"
    if len(serving) == 1 and not plan.outside and not silent:
        return f"the whole fleet serves {next(iter(serving)) or 'nothing, as before'}"
    told = [f"{release or 'nothing'} serves on {', '.join(on)}" for release, on in serving.items()]
    return f"as before, {'; '.join([*told, *_left_out(plan), *_unanswered(silent)])}"


def _unanswered(silent: Sequence[str]) -> list[str]:
    """Nobody knows what serves there, if anything does."""
    word = "does" if len(silent) == 1 else "do"
    return [f"{', '.join(silent)} {word} not answer"] if silent else []


def _when_back(plan: Plan, silent: Sequence[str]) -> str:
    """A host that reboots comes back by itself."""
    who = ", ".join(silent)
    return f"{_status(plan)} shows whether {who} is back; mend what is not"


def _not_undone(ledger: Ledger) -> list[str]:
    """The jobs that this run or an earlier one of the same release has done."""
    return [f"not undone: job {', '.join(sorted(ledger.jobs))}"] if ledger.jobs else []


def _left_out(plan: Plan) -> list[str]:
    return [f"{', '.join(plan.outside)} left out"] if plan.outside else []


def _refused(plan: Plan, verdict: Verdict) -> Outcome:
    assert plan.refusal is not None
    if plan.refusal.exit_code == exits.DONE:
        following = plan.refusal.problems[0]["next"]
        return Outcome("already", exits.DONE, "already under Rollway", following)
    is_locked = plan.refusal.exit_code == exits.LOCKED
    name = "locked" if is_locked else "refused"
    following = _status(plan)
    for problem in plan.refusal.problems:
        following = problem.get("next") or following
    sentence = f"{name} before any change"
    return Outcome(name, plan.refusal.exit_code, sentence, following, verdict.reasons)


def _unfinished(events: Iterable[Event]) -> list[str]:
    """Hosts whose last word, the step `conclude`, is missing or was not good."""
    last: Mapping[str, Event] = {event.host: event for event in events if event.step == "conclude"}
    return sorted(name for name, event in last.items() if not event.ok)


def _hosts(count: int) -> str:
    return "1 host" if count == 1 else f"{count} hosts"


def _go_back(plan: Plan) -> str:
    is_new = plan.verb in RELEASING or (plan.verb == SCALE and bool(plan.waves))
    if not plan.previous or not is_new:
        return _status(plan)
    return f"./invoke rollback --env={plan.env} --app={plan.app}{plan.limit_option}"


def _again(plan: Plan) -> str:
    if plan.scale:
        return asked_again(plan)
    if plan.adopt and not plan.leaves:
        return adopt_command(plan)
    version = plan.release.get("version", "")
    which = f"--env={plan.env} --app={plan.app} --version={version}"
    return f"./invoke deploy {which}{plan.limit_option}"


def _mend(plan: Plan, names: Iterable[str]) -> str:
    """The next deploy puts right whatever did not answer."""
    who = ", ".join(names)
    if plan.adopt and not plan.previous:
        return f"mend {who or 'the edges'}, then {_back(plan)}"
    version = plan.previous.get("version")
    if not version:
        return _status(plan)
    which = f"--env={plan.env} --app={plan.app} --version={version}"
    again = f"./invoke deploy {which}{plan.limit_option}"
    return f"mend {who}, then {again}" if who else again


def _status(plan: Plan) -> str:
    return f"./invoke status --env={plan.env} --app={plan.app}"
