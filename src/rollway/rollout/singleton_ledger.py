"""What a run did to the workers of which the fleet has one, folded from the journal. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from rollway.rollout.journal import Event
from rollway.rollout.planned import SingletonPlan

STILL, PLACE = "still", "place"
STILL_BACK, PLACE_BACK = "still_back", "place_back"
FORWARD, BACK = (STILL, PLACE), (STILL_BACK, PLACE_BACK)


@dataclass(frozen=True)
class Singletons:
    """`told` are the hosts where they were to stop, `stilled` those that said they did.

    `tried` and `placed` are the same of the hosts where they start; `cleared` are those that
    stopped them again, `astray` those where going back failed. `having` is host → those it may run
    by its own last word, `unsure` are hosts that did not say.
    """

    told: frozenset[str] = frozenset()
    stilled: frozenset[str] = frozenset()
    tried: frozenset[str] = frozenset()
    placed: frozenset[str] = frozenset()
    cleared: frozenset[str] = frozenset()
    astray: frozenset[str] = frozenset()
    having: Mapping[str, frozenset[str]] = field(default_factory=dict)
    unsure: frozenset[str] = frozenset()


def fold_singletons(events: Iterable[Event]) -> Singletons:
    """Read the journal."""
    seen = [event for event in events if event.step in (*FORWARD, *BACK)]
    last = {event.host: event for event in seen}
    words = {host: event.result.get("singletons") for host, event in last.items()}
    back = {event.host: event.ok for event in seen if event.step in BACK}
    return Singletons(
        told=_hosts(seen, STILL),
        stilled=_hosts(seen, STILL, is_ok=True),
        tried=_hosts(seen, PLACE),
        placed=_hosts(seen, PLACE, is_ok=True),
        cleared=_hosts(seen, STILL_BACK, is_ok=True),
        astray=frozenset(host for host, ok in back.items() if not ok),
        having={host: frozenset(names) for host, names in words.items() if names is not None},
        unsure=frozenset(host for host, names in words.items() if names is None),
    )


def _hosts(events: Iterable[Event], step: str, *, is_ok: bool = False) -> frozenset[str]:
    return frozenset(one.host for one in events if one.step == step and (one.ok or not is_ok))


def where_now(
    planned: Iterable[SingletonPlan],
    known: Singletons,
    *,
    plain: Collection[str] = (),
    outside: Collection[str] = (),
) -> dict[str, list[str]] | None:
    """Singleton → the hosts where it may run at the end of the run; None where there is none.

    `plain` are services that every host runs from now on: only hosts `outside` the run have one
    of them as a singleton.
    """
    found = {
        one.name: {*one.before} & {*outside} if one.name in plain else _hosts_of(one, known)
        for one in planned
    }
    return {name: sorted(hosts) for name, hosts in found.items()} or None


def _hosts_of(one: SingletonPlan, known: Singletons) -> set[str]:
    """A host that was asked says it; of others it is as before."""
    hosts = {host for host in one.before if host not in known.having}
    hosts |= {host for host, names in known.having.items() if one.name in names}
    return hosts | ({one.host} & known.unsure)
