"""The plan of a run: decided once, after `acquire`, and written to `plan.json` in the run's folder.

Everything after it only reads it: which release, which slot on which host, in which waves.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple

from rollway.rollout.planned import HostPlan, JobPlan, SingletonPlan

DEPLOY = "deploy"
ADOPT = "adopt"
ROLLBACK = "rollback"
PROMOTE = "promote"
ABORT = "abort"
RESTART = "restart"
SCALE = "scale"
REMOVE = "remove"
RELEASING = (DEPLOY, ADOPT)
"""Verbs that bring a release of the application's files as they are now."""
MAKING = (*RELEASING, SCALE)
"""Verbs that bring a release which the hosts may not know yet."""
FORWARD = (*MAKING, PROMOTE)
"""Verbs that bring a release on, wave by wave; the others go back at once."""
ROLLING = (*FORWARD, RESTART)
"""Verbs that go wave by wave, each judged, and leave no release behind."""
PLANNED = (*ROLLING, ROLLBACK, ABORT)
"""Verbs of which a plan shows what they would do on each host."""
BEFORE_TRAFFIC, AFTER_TRAFFIC = "before_traffic", "after_traffic"
"""When a job runs: before any host starts the release, or when all traffic and workers moved."""
DECIDING = (PROMOTE, ABORT, ROLLBACK)
"""Verbs that go on with what another run left held."""
WaveStep = Literal["drain", "start", "shift"]
"""What moves a wave, in this order: the role `waves` takes these and no others."""
BackStep = Literal["watch", "retreat", "undo", "unshift"]
"""The last look, and then what puts every host back, in this order."""


@dataclass(frozen=True)
class Refusal:
    """Why nothing was changed: the exit code of the command line and the problems, by host."""

    exit_code: int
    problems: list[dict[str, str]]


class Move(NamedTuple):
    """One turn of the loop that moves traffic: a step on one host, for one wave."""

    step: WaveStep | BackStep
    host: str
    wave: int


@dataclass(frozen=True)
class Plan:
    """One run, as decided.

    `release` is the manifest without its files and Compose text, and `previous` that of the
    release which serves before it.
    `restore`: an edge has to be put back on the recorded slots, or to lose the workers of an
    earlier reload, before any slot may be stopped. `hold` is what the run decides about, where
    one was held. `app_hosts` are the app hosts of the run, also
    of one that was refused and has no `hosts`; `outside` are those that a limit leaves out, and
    `kept` their servers as each edge runs them. `service` are the workers that a restart is about;
    `scale` is what a scale changes: `service`, `replicas`, and how many there were `before`.
    `service_hosts` are the hosts where those workers run.
    `rotation` are the hosts that every edge sends requests to, of all app hosts, and `min_serving`
    how many of them must stay. `adopt` is the plain project whose place the release takes, and
    whether its web containers stay; with `leaves` the run gives it back.
    """

    verb: str
    app: str
    env: str
    run: dict[str, Any]
    release: dict[str, Any]
    hosts: dict[str, HostPlan]
    waves: list[list[str]]
    edges: list[str]
    generations: dict[str, int]
    previous: dict[str, Any] = field(default_factory=dict)
    voids: list[str] = field(default_factory=list)
    restore: bool = False
    app_hosts: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)
    kept: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    hold: dict[str, Any] = field(default_factory=dict)
    service: str = ""
    scale: dict[str, Any] = field(default_factory=dict)
    service_hosts: list[str] = field(default_factory=list)
    jobs: list[JobPlan] = field(default_factory=list)
    singletons: list[SingletonPlan] = field(default_factory=list)
    rotation: list[str] = field(default_factory=list)
    min_serving: int = 0
    adopt: dict[str, Any] = field(default_factory=dict)
    refusal: Refusal | None = None

    @property
    def release_id(self) -> str:
        return str(self.release["id"])

    @property
    def leaves(self) -> bool:
        """Whether the run goes back to a plain project: nothing served before the release."""
        return bool(self.adopt.get("leaves"))

    @property
    def limit_option(self) -> str:
        """What a command needs, after a space, to be about the same hosts."""
        return f" --limit={','.join(self.app_hosts)}" if self.outside else ""

    @property
    def wave_hosts(self) -> list[str]:
        """Every host whose traffic moves, in the order of the waves."""
        return [name for wave in self.waves for name in wave]

    @property
    def hosts_to_start(self) -> list[str]:
        """Every host where the release has to come up first."""
        return [name for name, host in self.hosts.items() if host.action == "start"]

    @property
    def has_traffic(self) -> bool:
        """Whether a service stands behind the edge."""
        return bool(self.release.get("http"))

    @property
    def has_workers(self) -> bool:
        """Whether workers start, or those of the release before have to stop."""
        services = [*self.release.get("services", []), *self.previous.get("services", [])]
        return any(service["class"] == "worker" for service in services)

    @property
    def switch_hosts(self) -> list[str]:
        """The hosts whose workers change."""
        if not self.has_workers:
            return []
        return list(self.service_hosts if self.service else self.hosts)

    @property
    def works_after_traffic(self) -> bool:
        """Whether the run has work left when the last wave has moved, which can be undone.

        A job after the traffic may have taken away what the release before needs.
        """
        works = bool(self.switch_hosts or self.singletons)
        return works and not self.job_hosts(AFTER_TRAFFIC)

    @property
    def is_unwatched(self) -> bool:
        """Whether traffic moves with no time in which it could be looked at."""
        bakes = self.release.get("rollout", {}).get("bake_seconds", 0) > 0
        moves = self.verb in ROLLING and self.has_traffic and bool(self.waves)
        return moves and not (bakes or len(self.waves) > 1 or self.works_after_traffic)

    @property
    def still_hosts(self) -> list[str]:
        """Who is told of singletons before any of them starts."""
        return sorted({host for one in self.singletons for host in one.still})

    @property
    def place_hosts(self) -> list[str]:
        """The hosts where singletons are to run."""
        return sorted({one.host for one in self.singletons if one.host})

    @property
    def home_hosts(self) -> list[str]:
        """The hosts that take singletons back when the run goes back."""
        return sorted({one.home for one in self.singletons if one.home})

    @property
    def jobs_to_do(self) -> list[JobPlan]:
        """The jobs that no run has done yet."""
        return [job for job in self.jobs if not job.record]

    def jobs_on(self, when: str, host: str | None = None) -> list[JobPlan]:
        """Those of one time that are to be done, on one host where that is asked."""
        return [job for job in self.jobs_to_do if job.when == when and host in (None, job.host)]

    def job_hosts(self, when: str) -> set[str]:
        """The hosts with a job to do at one time."""
        return {job.host for job in self.jobs_on(when)}

    @property
    def hosts_after_jobs(self) -> list[str]:
        """The first wave's hosts where jobs come first; without them `stage` starts those."""
        return self.waves[0] if self.waves and self.jobs_on(BEFORE_TRAFFIC) else []

    @property
    def holds(self) -> bool:
        """Whether a person decides when a release turns out bad on the way.

        There is a choice only where every host can go back to the one release before: not at a
        first release, nor with a new host or a third release in the fleet.
        """
        action = self.release.get("rollout", {}).get("failure_action")
        return self.verb in FORWARD and action == "pause" and self._is_reversible

    @property
    def _is_reversible(self) -> bool:
        served = {host.old_release for host in self.hosts.values()}
        return bool(self.previous) and served <= {self.previous.get("id"), self.release_id}

    @property
    def is_ahead(self) -> bool:
        """Whether a run that was interrupted has moved traffic already: going back undoes that."""
        return any(host.is_ahead for host in self.hosts.values())

    @property
    def is_astray(self) -> bool:
        """Whether edges may send requests to what has to go, where nothing served before it."""
        new = [host for host in self.hosts.values() if host.old_slot is None]
        return self.has_traffic and any(host.serving or self.leaves for host in new)

    @property
    def starts_by_wave(self) -> bool:
        return bool(self.release.get("rollout", {}).get("start") == "wave")

    @property
    def first_moves(self) -> list[Move]:
        """What moves the first wave, in this order."""
        return self._moves(self.waves[:1], first=0)

    @property
    def other_moves(self) -> list[Move]:
        """What moves all waves after the first, in this order."""
        return self._moves(self.waves[1:], first=1)

    @property
    def undo_moves(self) -> list[Move]:
        """What puts every host back: those that stopped first come back wave by wave."""
        moves: list[Move] = []
        for number, wave in reversed(list(enumerate(self.waves))):
            returning = self.returning(wave)
            if self.has_traffic and returning:
                moves += [Move("retreat", edge, number) for edge in self.edges]
            moves += [Move("undo", host, number) for host in returning]
        edges = sorted(self.edges)
        has_moved = self.verb in ROLLING and self.has_traffic and bool(self.waves)
        looks = edges if has_moved and self.works_after_traffic else []
        first = [Move("watch", edge, 0) for edge in looks]
        return [*first, *moves, *(Move("unshift", edge, 0) for edge in edges)]

    def stopping(self, wave: list[str]) -> list[str]:
        """The hosts of a wave that leave rotation and stop before they start."""
        return [name for name in wave if self.hosts[name].leaves_rotation]

    def returning(self, wave: list[str]) -> list[str]:
        """The hosts of a wave whose old slot stands still, or will: to go back it starts again."""
        return [name for name in wave if self.hosts[name].stops_first]

    def _moves(self, waves: list[list[str]], *, first: int) -> list[Move]:
        moves: list[Move] = []
        for number, wave in enumerate(waves, start=first):
            leaving = self.stopping(wave)
            if self.has_traffic and leaving:
                moves += [Move("drain", edge, number) for edge in self.edges]
            starting = wave if self.starts_by_wave else leaving
            moves += [Move("start", host, number) for host in starting]
            moves += [Move("shift", edge, number) for edge in self.edges]
        return moves

    def save(self, run_dir: Path) -> None:
        text = json.dumps(asdict(self), indent=1, ensure_ascii=False)
        path = run_dir / "plan.json"
        partial = path.with_suffix(".partial")
        partial.write_text(text, encoding="utf-8")
        partial.replace(path)


def load_plan(run_dir: Path) -> Plan | None:
    """The plan of a run, or None when it ended before there was one."""
    path = run_dir / "plan.json"
    if not path.exists():
        return None
    data = json.loads(path.read_text(encoding="utf-8"))
    refusal = data.pop("refusal")
    hosts = {name: HostPlan(**host) for name, host in data.pop("hosts").items()}
    jobs = [JobPlan(**job) for job in data.pop("jobs", [])]
    singletons = [SingletonPlan(**one) for one in data.pop("singletons", [])]
    refused = Refusal(**refusal) if refusal else None
    return Plan(**data, hosts=hosts, jobs=jobs, singletons=singletons, refusal=refused)
