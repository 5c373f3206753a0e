"""What qBittorrent's Web API does for a request that may: its `scope/action` paths."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import PlainTextResponse, Response

from episodarr.simulator.servers.answers import flag, json_answer, number
from episodarr.simulator.state.qbittorrent import (
    WEB_API_VERSIONS,
    QBittorrentOptions,
    Session,
    files_json,
    is_at_work,
    state_name,
    times_json,
    torrent_json,
)
from episodarr.simulator.state.torrents import Torrent, TorrentClient
from episodarr.simulator.world import World

_RID_LIMIT = 1_000_000


class Actions:
    """The actions of one qBittorrent, each a function of the parameters and the session."""

    def __init__(self, world: World, client: TorrentClient, options: QBittorrentOptions) -> None:
        self._world = world
        self._client = client
        self._options = options
        self._release = options.release
        self.by_name = {
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
