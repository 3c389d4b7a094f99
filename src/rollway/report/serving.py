"""Which release the requests of each host get: by what the edges said last, not by what was asked.

Pure. An edge that failed after it was told to move, or was lost, may send them to either slot.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

EITHER = " or "


@dataclass(frozen=True)
class Serving:
    """`releases` is host → slot → release; `edges` edge → host → slots that get requests."""

    releases: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    edges: Mapping[str, Mapping[str, frozenset[str]]] = field(default_factory=dict)

    def recorded(self, host: str, state: Mapping[str, Any]) -> Serving:
        """The host's own records, when it was acquired."""
        slots = (state.get("slots") or {}).items()
        found = {name: str(slot["release"]) for name, slot in slots if slot.get("release")}
        return replace(self, releases={**self.releases, host: found})

    def planned(self, release: str, new_slots: Mapping[str, str]) -> Serving:
        """The release gets this slot on each host."""
        new = {host: {**self._of(host), slot: release} for host, slot in new_slots.items()}
        return replace(self, releases={**self.releases, **new})

    def told(self, edge: str, result: Mapping[str, Any]) -> Serving:
        """What a step's result says of an edge's servers; unchanged where it says nothing."""
        servers = servers_in(result)
        said = {
            host: frozenset(
                str(one["slot"])
                for one in servers
                if one["host"] == host and one["admin_state"] == "ready"
            )
            for host in {str(one["host"]) for one in servers}
        }
        return replace(self, edges={**self.edges, edge: said}) if said else self

    def unsure(self, edge: str, hosts: Iterable[str]) -> Serving:
        """The edge may send requests of these hosts to any slot."""
        known = self.edges.get(edge, {})
        either = {host: known.get(host, frozenset()) | frozenset(self._of(host)) for host in hosts}
        return replace(self, edges={**self.edges, edge: {**known, **either}})

    def on(self, host: str) -> str | None:
        """The release, `1-a or 2-b`, or '' for none; None where no edge knows the host."""
        said = [slots[host] for slots in self.edges.values() if host in slots]
        if not said:
            return None
        slots = frozenset[str]().union(*said)
        found = {release for slot, release in self._of(host).items() if slot in slots}
        return EITHER.join(sorted(found))

    def _of(self, host: str) -> Mapping[str, str]:
        return self.releases.get(host, {})


def servers_in(result: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The servers in the result of an edge's step; beside a host's own they stand under `edge`."""
    return list((result.get("edge") or result).get("servers") or [])
