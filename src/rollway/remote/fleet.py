"""The same on many hosts at once: a host that fails is told, and the others go on."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from rollway import exits
from rollway.errors import RollwayError
from rollway.remote.access import Access

_TICK_SECONDS = 0.2

Work = Callable[[Access], int]


def on_each(
    hosts: Sequence[Access],
    work: Work,
    *,
    say: Callable[[str], None],
    is_over: Callable[[], bool] = lambda: False,
) -> int:
    """Run `work` on every host at the same time; the first exit code that is not 0, by host.

    Threads do not outlive the process: an interrupt, or `is_over`, does not wait for them.
    """
    codes: dict[str, int] = {}

    def carry_out(access: Access) -> None:
        try:
            codes[access.name] = work(access)
        except RollwayError as error:
            say(str(error))
            codes[access.name] = error.exit_code
        except (OSError, EOFError) as error:
            say(f"{access.name}: the connection broke: {error}")
            codes[access.name] = exits.REFUSED

    threads = [threading.Thread(target=carry_out, args=(one,), daemon=True) for one in hosts]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads) and not is_over():
        for thread in threads:
            thread.join(_TICK_SECONDS)
    found = [codes.get(one.name, exits.DONE) for one in hosts]
    return next((code for code in found if code), exits.DONE)
