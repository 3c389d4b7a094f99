"""Answers every request with the version in its image."""

from __future__ import annotations

import signal
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

VERSION = Path(__file__).with_name("version").read_bytes()


class Answers(BaseHTTPRequestHandler):
    """One answer for all paths."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Send the version."""
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(VERSION)))
        self.end_headers()
        self.wfile.write(VERSION)

    def log_message(self, *_arguments: object) -> None:
        """Say nothing: probes would fill the log."""


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    ThreadingHTTPServer(("0.0.0.0", 8000), Answers).serve_forever()
