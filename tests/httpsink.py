"""A web server of our own on 127.0.0.1 in the part of a robot's: keeps what it is sent, and answers as told."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any


class HttpSink:
    """What was sent, and what to answer."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.paths: list[str] = []
        self.status = 200
        self.headers: dict[str, str] = {}
        self.answer: dict[str, Any] = {"errcode": 0, "code": 0}
        self.drips = 0.0
        """Seconds between the bytes of an answer that never ends; 0: the answer comes at once."""
        self.silent = 0.0
        """Seconds before anything is answered."""
        self.port = 0

    @property
    def url(self) -> str:
        """Return the address of the server."""
        return f"http://127.0.0.1:{self.port}"

    def sent(self) -> list[Any]:
        """Return what was sent, read as JSON."""
        return [json.loads(body) for body in self.bodies]


@contextmanager
def open_http_sink() -> Iterator[HttpSink]:
    """Serve on a free port of 127.0.0.1."""
    sink = HttpSink()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            sink.paths.append(self.path)
            sink.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            time.sleep(sink.silent)
            if sink.drips:
                self._drip()
                return
            body = json.dumps(sink.answer).encode()
            self.send_response(sink.status)
            for name, value in {**sink.headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def _drip(self) -> None:
            try:
                while True:
                    self.wfile.write(b"H")
                    time.sleep(sink.drips)
            except OSError:
                return

        def log_message(self, *_: Any) -> None:
            """Write nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    sink.port = server.server_address[1]
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield sink
    finally:
        server.shutdown()
        server.server_close()
