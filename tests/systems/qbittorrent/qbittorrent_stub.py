"""A small qBittorrent on loopback that counts what is asked of it: 4.5 and 5.2, and every trouble."""

import json
import ssl
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, override
from urllib.parse import parse_qs

USERNAME = "admin"
PASSWORD = "correct horse"
API_KEY = "qbt_0123456789"


def a_torrent(**over: Any) -> dict[str, Any]:
    """One torrent of a full answer, as 4.5 writes it; 5.x has more."""
    return {
        "added_on": 1769880000,
        "amount_left": 600,
        "availability": 1.0,
        "category": "tv",
        "completed": 400,
        "completion_on": -3600,
        "content_path": "/downloads/Pack",
        "dlspeed": 50,
        "downloaded": 450,
        "eta": 120,
        "infohash_v1": "a" * 40,
        "infohash_v2": "",
        "last_activity": 1769881000,
        "name": "Pack",
        "num_complete": 9,
        "num_seeds": 3,
        "progress": 0.4,
        "ratio": 0.1,
        "size": 1000,
        "state": "downloading",
        "time_active": 5,
        "total_size": 1200,
        **over,
    }


def full(rid: int = 1, **torrents: dict[str, Any]) -> dict[str, Any]:
    """A full answer; torrents by hash."""
    return {"rid": rid, "full_update": True, "torrents": torrents, "server_state": {}}


type Trouble = Callable[["_Handler"], None]


@dataclass
class StubQbittorrent:
    """What it is, what it says, and what was asked."""

    is_52: bool = False
    asks_for_login: bool = True
    is_banned: bool = False
    keeps_sessions: bool = True
    maindata: Callable[[int], Any] = field(default=lambda rid: full(rid + 1))
    files: dict[str, Any] = field(default_factory=dict)
    trouble: Trouble | None = None
    """Answers everything, or with `trouble_at` one path, in its own way."""
    trouble_at: str = ""
    url: str = ""
    asked: Counter[str] = field(default_factory=Counter)
    rids: list[int] = field(default_factory=list)
    sessions: set[str] = field(default_factory=set)
    seen_headers: list[dict[str, str]] = field(default_factory=list)
    connections: int = 0

    @property
    def logins(self) -> int:
        return self.asked["auth/login"]

    @contextmanager
    def running(self, tls: ssl.SSLContext | None = None) -> Iterator["StubQbittorrent"]:
        handler = type("Handler", (_Handler,), {"stub": self})
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        server.daemon_threads = True
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{server.server_port}"
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    stub: StubQbittorrent
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    @override
    def setup(self) -> None:
        super().setup()
        self.stub.connections += 1

    @override
    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        form = {k: v[0] for k, v in parse_qs(self.rfile.read(length).decode()).items()}
        path = self.path.partition("/api/v2/")[2]
        self.stub.asked[path] += 1
        self.stub.seen_headers.append(dict(self.headers))
        if self.stub.trouble is not None and self.stub.trouble_at in {"", path}:
            self.stub.trouble(self)
        elif path == "auth/login":
            self._log_in(form)
        elif path == "auth/logout":
            self.stub.sessions.discard(self._session())
            self.send(200, b"")
        elif not self._is_allowed():
            self.send(403, b"Forbidden")
        else:
            self._action(path, form)

    def _action(self, path: str, form: dict[str, str]) -> None:
        match path:
            case "app/version":
                self.send(200, b"v5.2.1" if self.stub.is_52 else b"v4.5.2")
            case "sync/maindata":
                rid = int(form["rid"])
                self.stub.rids.append(rid)
                self.send_json(self.stub.maindata(rid))
            case "torrents/files" if form["hash"] in self.stub.files:
                self.send_json(self.stub.files[form["hash"]])
            case _:
                self.send(404, b"Not Found")

    def _log_in(self, form: dict[str, str]) -> None:
        if self.stub.is_banned:
            self.send(403, "Votre adresse IP a été bannie".encode())
        elif (form.get("username"), form.get("password")) != (USERNAME, PASSWORD):
            if self.stub.is_52:
                self.send(401, b"Unauthorized")
            else:
                self.send(200, b"Fails.")
        else:
            session = f"s{len(self.stub.sessions)}"
            if self.stub.keeps_sessions:
                self.stub.sessions.add(session)
            port = self.stub.url.rpartition(":")[2]
            name = f"QBT_SID_{port}" if self.stub.is_52 else "SID"
            cookie = {"Set-Cookie": f"{name}={session}; HttpOnly; path=/; SameSite=Strict"}
            if self.stub.is_52:
                self.send(204, b"", cookie)
            else:
                self.send(200, b"Ok.", cookie)

    def _is_allowed(self) -> bool:
        if not self.stub.asks_for_login:
            return True
        if self.headers.get("Authorization") == f"Bearer {API_KEY}":
            return self.stub.is_52
        return self._session() in self.stub.sessions

    def _session(self) -> str:
        return self.headers.get("Cookie", "").partition("=")[2]

    def send_json(self, payload: object) -> None:
        self.send(200, json.dumps(payload).encode(), {"Content-Type": "application/json"})

    def send(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def answers(status: int, body: bytes = b"", **headers: str) -> Trouble:
    """Always this answer."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda handler: handler.send(status, body, named)


def drips(handler: _Handler) -> None:
    """A body that never ends, byte by byte."""
    handler.send_response(200)
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    try:
        while True:
            handler.wfile.write(b" ")
            time.sleep(0.02)
    except OSError:
        handler.close_connection = True


def hangs(handler: _Handler) -> None:
    """No answer for longer than any test waits."""
    time.sleep(2)
    handler.close_connection = True


def stalls(handler: _Handler) -> None:
    """The start of a body, and then nothing."""
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"rid": 1, "tor')
    hangs(handler)


def cuts(handler: _Handler) -> None:
    """Half a body."""
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"rid": 1, "tor')
    handler.close_connection = True


def hangs_up(handler: _Handler) -> None:
    """Nothing at all."""
    handler.close_connection = True


def speaks_tls(handler: _Handler) -> None:
    """A TLS alert, as a server says that expects TLS at this port."""
    handler.wfile.write(b"\x15\x03\x01\x00\x02\x02\x46")
    handler.close_connection = True
