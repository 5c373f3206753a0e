"""qBittorrent's HTTP interface, Web API v2 as of 4.5 to 5.2."""

from __future__ import annotations

import base64
from collections.abc import Mapping

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from episodarr.simulator.answers import flag, form_fields, json_answer, number
from episodarr.simulator.qbittorrent_state import (
    WEB_API_VERSIONS,
    QBittorrentOptions,
    Session,
    Sessions,
    files_json,
    is_at_work,
    state_name,
    times_json,
    torrent_json,
)
from episodarr.simulator.torrents import Torrent, TorrentClient
from episodarr.simulator.world import World

_RID_LIMIT = 1_000_000


class QBittorrentApp:
    """One qBittorrent as an ASGI application."""

    def __init__(self, world: World, client: TorrentClient, options: QBittorrentOptions) -> None:
        self._world = world
        self._client = client
        self._options = options
        self._release = options.release
        self.sessions = Sessions(options)
        self._starts = client.starts
        self._app = Starlette(
            routes=[
                Route("/api/v2/auth/login", self._log_in, methods=["POST"]),
                Route("/api/v2/auth/logout", self._log_out, methods=["POST"]),
                Route("/api/v2/{scope}/{action}", self._action, methods=["GET", "POST"]),
                Route("/api/{rest:path}", self._nothing, methods=["GET", "POST"]),
                Route("/{rest:path}", self._page),
            ]
        )
        self._actions = {
            "app/version": self._version,
            "app/webapiVersion": self._api_version,
            "app/buildInfo": self._build_info,
            "app/preferences": self._preferences,
            "transfer/info": self._transfer,
            "sync/maindata": self._main_data,
            "torrents/info": self._info,
            "torrents/files": self._files,
            "torrents/properties": self._properties,
            "torrents/trackers": self._trackers,
            "torrents/count": self._count,
            "torrents/categories": self._categories,
            "torrents/delete": self._delete,
            "torrents/recheck": self._recheck,
            "torrents/stop": self._stop,
            "torrents/pause": self._stop,
            "torrents/start": self._start,
            "torrents/resume": self._start,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request, once its Host header is found to name this port."""
        request = Request(scope)
        host, _, port = request.headers.get("host", "").rpartition(":")
        listening = scope["server"][1] if scope.get("server") else None
        if host and port.isdigit() and listening is not None and int(port) != listening:
            await PlainTextResponse("Unauthorized", 401)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _cookie_name(self, request: Request) -> str:
        if self._release < (5, 2):
            return "SID"
        server = request.scope.get("server")
        return f"QBT_SID_{server[1] if server else 8080}"

    def _session(self, request: Request) -> Session | None:
        if self._starts != self._client.starts:
            self.sessions.drop_all()
            self._starts = self._client.starts
        cookie = request.cookies.get(self._cookie_name(request), "")
        return self.sessions.find(cookie, self._world.now)

    async def _nothing(self, _request: Request) -> Response:
        return PlainTextResponse("Not Found", 404)

    async def _page(self, _request: Request) -> Response:
        return HTMLResponse("<!doctype html><title>qBittorrent</title><body></body>")

    async def _log_in(self, request: Request) -> Response:
        now = self._world.now
        modern = self._release >= (5, 2)
        if self._session(request) is not None:
            return Response(status_code=204) if modern else PlainTextResponse("Ok.")
        if self.sessions.banned(now):
            text = "Your IP address has been banned after too many failed authentication attempts."
            return PlainTextResponse(text, 403)
        form = await form_fields(request)
        session = self.sessions.log_in(form.get("username", ""), form.get("password", ""), now)
        if session is None:
            return PlainTextResponse("Fails.", 401 if modern else 200)
        answer = Response(status_code=204) if modern else PlainTextResponse("Ok.")
        answer.set_cookie(
            self._cookie_name(request), session.id, httponly=True, samesite="strict", path="/"
        )
        return answer

    async def _log_out(self, request: Request) -> Response:
        self.sessions.drop(request.cookies.get(self._cookie_name(request), ""))
        return PlainTextResponse("")

    def _allowed(self, request: Request) -> tuple[bool, Session | None]:
        session = self._session(request)
        if session is not None:
            return True, session
        if self._options.bypass_auth:
            return True, self.sessions.start(self._world.now)
        return self._stateless(request), None

    def _stateless(self, request: Request) -> bool:
        """5.2's two ways in without a session: an API key, or name and password each time."""
        if self._release < (5, 2):
            return False
        kind, _, value = request.headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer":
            return self._options.api_key is not None and value == self._options.api_key
        pair = f"{self._options.username}:{self._options.password}".encode()
        return kind.lower() == "basic" and value == base64.b64encode(pair).decode()

    async def _action(self, request: Request) -> Response:
        allowed, session = self._allowed(request)
        if not allowed:
            return PlainTextResponse("Forbidden", 403)
        action = f"{request.path_params['scope']}/{request.path_params['action']}"
        handler = self._actions.get(action)
        if handler is None:
            return await self._nothing(request)
        parameters = dict(request.query_params)
        if request.method == "POST":
            parameters |= await form_fields(request)
        if session is None and action == "sync/maindata":
            session = Session("stateless", self._world.now)
        answer = handler(parameters, session)
        if self._options.bypass_auth and session is not None:
            answer.set_cookie(self._cookie_name(request), session.id, httponly=True, path="/")
        return answer

    def _version(self, _parameters: Mapping[str, str], _session: Session | None) -> Response:
        return PlainTextResponse(f"v{self._options.version}")

    def _api_version(self, _parameters: Mapping[str, str], _session: Session | None) -> Response:
        return PlainTextResponse(WEB_API_VERSIONS[self._release])

    def _build_info(self, _parameters: Mapping[str, str], _session: Session | None) -> Response:
        return json_answer(
            {
                "bitness": 64,
                "boost": "1.86.0",
                "libtorrent": "2.0.11.0",
                "openssl": "3.5.0",
                "platform": "linux",
                "qt": "6.8.2",
                "zlib": "1.3.1",
            }
        )

    def _preferences(self, _parameters: Mapping[str, str], _session: Session | None) -> Response:
        return json_answer(
            {
                "incomplete_files_ext": True,
                "queueing_enabled": True,
                "save_path": "/downloads",
                "temp_path_enabled": False,
                "torrent_content_layout": "Original",
                "use_unwanted_folder": False,
                "web_ui_max_auth_fail_count": 5,
            }
        )

    def _server_state(self) -> dict[str, object]:
        moving = [t.rate for t in self._client.torrents.values() if t.moving_bytes]
        return {
            "alltime_dl": 5_000_000_000_000,
            "alltime_ul": 9_000_000_000_000,
            "connection_status": "connected",
            "dht_nodes": 380,
            "dl_info_data": 0,
            "dl_info_speed": int(sum(moving) * self._world.speed),
            "dl_rate_limit": 0,
            "free_space_on_disk": 4_000_000_000_000,
            "global_ratio": "1.80",
            "queueing": True,
            "refresh_interval": 1500,
            "total_peer_connections": 12 * len(moving),
            "up_info_data": 0,
            "up_info_speed": 0,
            "up_rate_limit": 0,
            "use_alt_speed_limits": False,
        }

    def _transfer(self, _parameters: Mapping[str, str], _session: Session | None) -> Response:
        return json_answer(self._server_state())

    def _fields(self, torrent: Torrent) -> dict[str, object]:
        return torrent_json(torrent, self._world.now, self._world.speed, self._release)

    def _main_data(self, parameters: Mapping[str, str], session: Session | None) -> Response:
        if session is None:
            return PlainTextResponse("Forbidden", 403)
        rid = number(parameters, "rid")
        # The last answer's rid confirms it. An older one that was confirmed before is taken too,
        # and the changes of the lost answer are then never sent again: so does qBittorrent.
        known = rid > 0 and rid in {session.rid, session.accepted_rid}
        if known:
            session.accepted_rid = rid
        body = self._delta(session) if known else self._full(session)
        session.rid = session.rid % _RID_LIMIT + 1
        session.revision = self._client.revision
        return json_answer({"rid": session.rid, **body})

    def _full(self, session: Session) -> dict[str, object]:
        session.sent = {key: self._fields(t) for key, t in self._client.torrents.items()}
        session.server_state = self._server_state()
        names = {t.category for t in self._client.torrents.values()}
        return {
            "full_update": True,
            "torrents": session.sent,
            "categories": {name: _category(name) for name in sorted(names)},
            "tags": [],
            "trackers": {"https://tracker.example/announce": list(session.sent)},
            "server_state": session.server_state,
        }

    def _changed_torrents(self, session: Session) -> dict[str, dict[str, object]]:
        changed: dict[str, dict[str, object]] = {}
        for key, torrent in self._client.torrents.items():
            old = session.sent.get(key, {})
            if torrent.revision > session.revision or not old:
                new = self._fields(torrent)
            elif is_at_work(torrent):
                new = times_json(torrent, self._world.now)
            else:
                continue
            different = {name: new[name] for name in new if old.get(name, ...) != new[name]}
            session.sent[key] = old | different
            if different:
                changed[key] = different
        return changed

    def _delta(self, session: Session) -> dict[str, object]:
        changed = self._changed_torrents(session)
        gone = [key for key in session.sent if key not in self._client.torrents]
        for key in gone:
            del session.sent[key]
        state = self._server_state()
        moved = {k: v for k, v in state.items() if session.server_state.get(k) != v}
        session.server_state = state
        body: dict[str, object] = {}
        if changed:
            body["torrents"] = changed
        if gone:
            body["torrents_removed"] = gone
        if moved:
            body["server_state"] = moved
        return body

    def _selected(self, parameters: Mapping[str, str]) -> list[Torrent]:
        rows = list(self._client.torrents.values())
        hashes = parameters.get("hashes")
        if hashes:
            wanted = set(hashes.lower().split("|"))
            rows = [torrent for torrent in rows if torrent.hash in wanted]
        if "category" in parameters:
            rows = [torrent for torrent in rows if torrent.category == parameters["category"]]
        keep = _FILTERS.get(parameters.get("filter", "all"))
        if keep is not None:
            rows = [t for t in rows if state_name(t, self._release) in keep]
        start = number(parameters, "offset")
        limit = number(parameters, "limit")
        return rows[start : start + limit] if limit > 0 else rows[start:]

    def _info(self, parameters: Mapping[str, str], _session: Session | None) -> Response:
        rows = []
        for torrent in self._selected(parameters):
            row = {"hash": torrent.hash, **self._fields(torrent)}
            if self._release >= (5, 2) and flag(parameters, "includeFiles"):
                row["files"] = files_json(torrent)
            rows.append(row)
        key = parameters.get("sort")
        if key:
            rows.sort(key=lambda row: _sortable(row.get(key)))
        if flag(parameters, "reverse"):
            rows.reverse()
        return json_answer(rows)

    def _files(self, parameters: Mapping[str, str], _session: Session | None) -> Response:
        if "hash" not in parameters:
            return PlainTextResponse("Missing required parameter: hash", 400)
        torrent = self._client.torrents.get(parameters["hash"].lower())
        if torrent is None:
            return PlainTextResponse("Torrent hash was not found", 404)
        rows = files_json(torrent)
        if "indexes" in parameters:
            wanted = parameters["indexes"].split("|")
            if any(not text.isdigit() or int(text) >= len(rows) for text in wanted):
                return PlainTextResponse("Index is out of bounds", 409)
            rows = [rows[int(text)] for text in wanted]
        if rows:
            rows[0]["is_seed"] = torrent.complete
        return json_answer(rows)

    def _properties(self, parameters: Mapping[str, str], _session: Session | None) -> Response:
        torrent = self._client.torrents.get(parameters.get("hash", "").lower())
        if torrent is None:
            return PlainTextResponse("Torrent hash was not found", 404)
        fields = self._fields(torrent)
        names = ("save_path", "seeding_time", "eta", "total_size", "completion_on", "added_on")
        return json_answer({"hash": torrent.hash} | {name: fields[name] for name in names})

    def _trackers(self, parameters: Mapping[str, str], _session: Session | None) -> Response:
        torrent = self._client.torrents.get(parameters.get("hash", "").lower())
        if torrent is None:
            return PlainTextResponse("Torrent hash was not found", 404)
        row = {"url": "https://tracker.example/announce", "status": 2, "tier": 0, "msg": ""}
        counts = {"num_peers": 3, "num_seeds": torrent.seeds, "num_leeches": 3}
        return json_answer([row | counts | {"num_downloaded": 100}])

    def _count(self, _parameters: Mapping[str, str], _session: Session | None) -> Response:
        return PlainTextResponse(str(len(self._client.torrents)))

    def _categories(self, _parameters: Mapping[str, str], _session: Session | None) -> Response:
        names = {torrent.category for torrent in self._client.torrents.values()}
        return json_answer({name: _category(name) for name in sorted(names)})

    def _delete(self, parameters: Mapping[str, str], _session: Session | None) -> Response:
        for torrent in self._selected({"hashes": parameters.get("hashes", "-")}):
            self._client.remove(torrent.hash)
        return PlainTextResponse("")

    def _recheck(self, parameters: Mapping[str, str], _session: Session | None) -> Response:
        for torrent in self._selected({"hashes": parameters.get("hashes", "-")}):
            self._world.recheck(self._client.name, torrent.hash)
        return PlainTextResponse("")

    def _set_phase(self, parameters: Mapping[str, str], phase: str) -> Response:
        for torrent in self._selected({"hashes": parameters.get("hashes", "-")}):
            torrent.phase = phase
            self._client.touch(torrent)
        return PlainTextResponse("")

    def _stop(self, parameters: Mapping[str, str], _session: Session | None) -> Response:
        return self._set_phase(parameters, "stopped")

    def _start(self, parameters: Mapping[str, str], _session: Session | None) -> Response:
        return self._set_phase(parameters, "downloading")


_FILTERS: dict[str, set[str]] = {
    "downloading": {"downloading", "stalledDL", "metaDL", "queuedDL", "checkingDL"},
    "seeding": {"uploading", "stalledUP", "queuedUP", "checkingUP"},
    "completed": {"uploading", "stalledUP", "queuedUP", "checkingUP", "pausedUP", "stoppedUP"},
    "stopped": {"stoppedDL", "stoppedUP"},
    "paused": {"pausedDL", "pausedUP"},
    "stalled": {"stalledDL", "stalledUP"},
    "stalled_downloading": {"stalledDL"},
    "stalled_uploading": {"stalledUP"},
    "active": {"downloading"},
    "errored": {"error", "missingFiles"},
}


def _category(name: str) -> dict[str, object]:
    return {"name": name, "savePath": f"/downloads/{name}"}


def _sortable(value: object) -> tuple[float, str]:
    return (float(value), "") if isinstance(value, int | float) else (0.0, str(value))
