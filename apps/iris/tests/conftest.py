"""Makes the service and its training script importable, and serves it without a network."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from flask.testing import FlaskClient

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

Serve = Callable[..., FlaskClient]


@pytest.fixture
def serve() -> Serve:
    """Start the service with these environment variables; returns a client of it."""
    from iris_service import service

    def start(**environment: str) -> FlaskClient:
        return service.create_app({"ROLLWAY_VERSION": "1.4.0"} | environment).test_client()

    return start
