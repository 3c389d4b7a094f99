"""The same work on several things at once, in threads."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import TypeVar

Item = TypeVar("Item")


def each(items: Iterable[Item], work: Callable[[Item], object]) -> None:
    """Do `work` on all `items` at once and wait for all; raise the first error in their order."""
    tasks = list(items)
    if len(tasks) == 1:
        work(tasks[0])
        return
    errors: dict[int, BaseException] = {}
    threads = [
        threading.Thread(target=_run, args=(i, work, item, errors)) for i, item in enumerate(tasks)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[min(errors)]


def _run(
    index: int, work: Callable[[Item], object], item: Item, errors: dict[int, BaseException]
) -> None:
    try:
        work(item)
    except BaseException as error:  # noqa: BLE001 - raised again in the thread that waits
        errors[index] = error
