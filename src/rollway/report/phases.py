"""What a host does in each step of a run, and what it did, in the words of a table."""

from __future__ import annotations

from typing import Final

DOING: Final = {
    "acquire": "acquires",
    "queue": "waits for the lock",
    "retry": "waits for the lock",
    "settle": "settles",
    "stage": "stages",
    "jobs": "runs jobs",
    "late_jobs": "runs jobs",
    "advance": "starts",
    "drain": "lets hosts go",
    "start": "starts",
    "switch": "changes workers",
    "still": "stops singletons",
    "place": "starts singletons",
    "still_back": "stops singletons",
    "place_back": "starts singletons",
    "shift": "moves traffic",
    "retreat": "lets hosts go",
    "undo": "goes back",
    "unshift": "moves traffic back",
    "conclude": "records",
    "record": "records",
    "vacate": "forgets it",
    "remove": "removes",
    "leave": "unlocks",
}
DONE: Final = {
    "acquire": "acquired",
    "settle": "settled",
    "stage": "staged",
    "jobs": "jobs done",
    "late_jobs": "jobs done",
    "switch": "workers changed",
    "still": "singletons stopped",
    "place": "singletons run",
    "still_back": "singletons stopped",
    "place_back": "singletons run",
    "drain": "hosts let go",
    "shift": "traffic moved",
    "retreat": "hosts let go",
    "undo": "went back",
    "unshift": "traffic moved back",
    "conclude": "recorded",
    "record": "recorded",
    "vacate": "forgot it",
    "remove": "removed",
    "leave": "unlocked",
}
