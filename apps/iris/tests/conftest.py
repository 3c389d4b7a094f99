"""The service's modules are imported by their own names, as gunicorn does it in the image."""

from __future__ import annotations

import sys
from pathlib import Path

IRIS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(IRIS / "app"), str(IRIS / "training")]
