from __future__ import annotations

from typing import Any

import pytest

from rollway import exits
from rollway.build.engine import follow
from rollway.errors import RollwayError

ANSWER: list[dict[str, Any]] = [
    {"stream": "Step 1/5 : FROM debian"},
    {"stream": "\n"},
    {"stream": " ---> 0f1e\n"},
    {"stream": "Step 2/5 : RUN apt-get update     && apt-get install -y gunicorn"},
    {"stream": "\n"},
    {"stream": " ---> Using cache\n"},
    {"stream": "Step 3/5 : COPY app ./app"},
    {"stream": "\n"},
    {"stream": " ---> 2a3b\n"},
    {"stream": "Step 4/5 : RUN python3   -m compileall app"},
    {"stream": "\n"},
    {"stream": " ---> Running in 77aa\n"},
    {"stream": "Listing 'app'...\n"},
    {"aux": {"ID": "sha256:1"}},
]


def test_only_steps_that_do_something_are_reported() -> None:
    said: list[str] = []
    follow("build of iris", ANSWER, said.append)
    assert said == ["  Step 3/5 : COPY app ./app", "  Step 4/5 : RUN python3 -m compileall app"]


def test_a_failure_shows_the_last_lines() -> None:
    answer = [
        {"stream": "Step 1/1 : RUN make"},
        {"stream": "\n"},
        {"stream": " ---> Running in 77aa\n"},
        {"stream": "make: no rule\n"},
        {"error": "The command '/bin/sh -c make' returned a non-zero code: 2"},
    ]
    with pytest.raises(RollwayError) as failure:
        follow("build of iris", answer, lambda _: None)
    assert failure.value.exit_code == exits.FAILED
    assert str(failure.value) == (
        "build of iris: it failed: The command '/bin/sh -c make' returned a non-zero code: 2\n"
        "  Step 1/1 : RUN make\n"
        "   ---> Running in 77aa\n"
        "  make: no rule; next: mend it and build again"
    )
