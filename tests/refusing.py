"""A stand-in for Prefect servers that cannot be had in a test: of another version, or behind somebody's password."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


@dataclass
class Refusing:
    """Tells its version, where it has one, knows nothing else, and remembers who asked."""

    url: str = ""
    credentials: set[str | None] = field(default_factory=set)


@contextmanager
def refusing_server(version: str | None) -> Iterator[Refusing]:
    """Serve on loopback; without a version everybody is refused."""
    found = Refusing()

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            found.credentials.add(self.headers["Authorization"])
            self.rfile.read(int(self.headers["Content-Length"] or 0))
            body = json.dumps(version if self.path.endswith("/admin/version") else []).encode()
            self.send_response(200 if version else 401)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = answer  # noqa: N815  http.server's names

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        found.url = f"http://127.0.0.1:{server.server_port}/api"
        Thread(target=server.serve_forever, args=[0.05], daemon=True).start()
        yield found
        server.shutdown()
