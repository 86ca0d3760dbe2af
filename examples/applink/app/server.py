"""A web app behind the mesh: the mesh has $PORT, this has $APP_PORT."""

from __future__ import annotations

import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Hello(BaseHTTPRequestHandler):
    """Answers every request with one line."""

    def do_GET(self) -> None:
        """Say hello."""
        body = b"hello from behind the mesh\n"
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    port = int(os.environ.get("APP_PORT", "3000"))
    ThreadingHTTPServer(("127.0.0.1", port), Hello).serve_forever()
