"""What a host has left for another release beside the one that serves: memory and GPUs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .call import Call
from .containers import project_containers
from .names import SLOTS
from .problem import Problem
from .state import State

QUERY = ("--query-gpu=index,uuid,memory.used,memory.free", "--format=csv,noheader,nounits")
SMI_SECONDS = 10.0
MEBIBYTE = 1024**2


@dataclass(frozen=True)
class Needs:
    """What a release asks of a host at most: bytes of memory, and whether it reserves GPUs."""

    memory_bytes: int = 0
    has_gpus: bool = False

    @classmethod
    def of(cls, services: Iterable[Mapping[str, Any]]) -> Needs:
        """Return what the services of a manifest ask for, all their replicas together."""
        known = list(services)
        memory = sum(int(one.get("memory_bytes") or 0) * int(one["replicas"]) for one in known)
        return cls(memory, any(one.get("gpus") for one in known))

    def or_more(self, other: Needs) -> Needs:
        """Return what covers both."""
        memory = max(self.memory_bytes, other.memory_bytes)
        return Needs(memory, self.has_gpus or other.has_gpus)


def room_left(
    call: Call, state: State, manifests: Mapping[str, Mapping[str, Any]], *, needs: Needs, free: int
) -> dict[str, Any]:
    """Return the facts by which a run chooses between start-first and stop-first here.

    What the slots use is measured only where it decides: where `free` bytes are too few for the
    largest release that may come, beside all that the one that serves was promised.
    """
    kept = [Needs.of(one.get("services", [])) for one in manifests.values()]
    for one in kept:
        needs = needs.or_more(one)
    serving = state.slots[state.active].release if state.active else None
    promised = Needs.of(manifests.get(serving or "", {}).get("services", []))
    facts: dict[str, Any] = {}
    if needs.memory_bytes and needs.memory_bytes + promised.memory_bytes > free:
        facts["memory_used_bytes"] = {slot: _used(call, slot) for slot in SLOTS}
    if needs.has_gpus:
        facts |= _gpu_facts(call)
    return facts


def _gpu_facts(call: Call) -> dict[str, Any]:
    """A driver that does not answer refuses only what starts on GPUs; a way back stays open."""
    try:
        return {"gpus": gpus(call)}
    except Problem as problem:
        return {"gpus_problem": problem.data}


def gpus(call: Call) -> list[dict[str, Any]]:
    """Return the GPUs that nvidia-smi shows, memory in bytes; none where there is no such program.

    Problem when it is there and cannot tell: its driver does not answer.
    """
    done = call.tools.run(["nvidia-smi", *QUERY], seconds=SMI_SECONDS)
    if done.status == 127:  # noqa: PLR2004 - as a shell says that there is no such program
        return []
    if not done.is_ok:
        raise Problem("nvidia-smi", done.last_words(), "a list of GPUs", "nvidia-smi on this host")
    return [_gpu(line) for line in done.output.splitlines() if line.strip()]


def _gpu(line: str) -> dict[str, Any]:
    """Read `0, GPU-8f…, 512, 15872`; a figure that a GPU does not tell is `[N/A]`."""
    index, uuid, used, free = (word.strip() for word in line.split(","))
    return {
        "index": index,
        "uuid": uuid,
        "used_bytes": int(used) * MEBIBYTE if used.isdigit() else None,
        "free_bytes": int(free) * MEBIBYTE if free.isdigit() else None,
    }


def _used(call: Call, slot: str) -> int:
    engine = call.tools.engine
    running = [
        one for one in project_containers(engine, call.paths.project(slot)) if one.is_running
    ]
    return sum(engine.memory_used(one.id) for one in running)
