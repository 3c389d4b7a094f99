"""What a host knows of the process behind its lock, in words. Pure.

On the controller where it was, it is at work or gone; of one on another machine nobody knows.
"""

from __future__ import annotations

from rollway.rollout.journal import Event

AT_WORK, GONE, ELSEWHERE = "at work", "gone", "elsewhere"


def is_at_work(event: Event) -> bool:
    """Whether a run has the host's lock that nobody can take over, and no person has to decide."""
    result = event.result
    process = result.get("process")
    return bool(result.get("lock")) and bool(process) and process != GONE and not result.get("hold")


def process_words(process: str | None, owner: str) -> str:
    """The end of a sentence that names the holder; '' where nothing is known."""
    words = {
        AT_WORK: ", which is at work",
        GONE: ", whose process is gone",
        ELSEWHERE: f"; whether it is at work, only {place_of_owner(owner)} knows",
    }
    return words.get(str(process), "")


def place_of_owner(owner: str) -> str:
    """The machine in `user@machine`."""
    return owner.rpartition("@")[2]
