"""Sessions, bans and versions of one simulated qBittorrent."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from episodarr.simulator.names import hex_id
from episodarr.simulator.state.torrents import Torrent

WEB_API_VERSIONS = {
    (4, 5): "2.8.19",
    (4, 6): "2.9.3",
    (5, 0): "2.11.2",
    (5, 1): "2.11.4",
    (5, 2): "2.15.1",
    (5, 3): "2.16.2",
}
MAX_FAILED_LOGINS = 5
BAN_SECONDS = 3600
SESSION_SECONDS = 3600


@dataclass(slots=True, kw_only=True)
class QBittorrentOptions:
    """How one qBittorrent is set up; ``name`` is the exporter's name for it."""

    name: str = "main"
    version: str = "5.1.4"
    username: str = "demo"
    password: str = "demo-qbittorrent-password"  # noqa: S105 -- a made-up constant of the demo
    api_key: str | None = None
    bypass_auth: bool = False

    @property
    def release(self) -> tuple[int, int]:
        """Major and minor version."""
        major, minor = self.version.split(".")[:2]
        return int(major), int(minor)


@dataclass(slots=True)
class Session:
    """One login: what was sent to it last, for the deltas."""

    id: str
    used_at: datetime
    rid: int = 0
    accepted_rid: int = 0
    revision: int = 0
    sent: dict[str, dict[str, object]] = field(default_factory=dict)
    server_state: dict[str, object] = field(default_factory=dict)


class Sessions:
    """Sessions and bans of logins. All clients share one address here."""

    def __init__(self, options: QBittorrentOptions) -> None:
        self._options = options
        self._sessions: dict[str, Session] = {}
        self._failures = 0
        self._count = 0
        self.banned_until: datetime | None = None

    def banned(self, now: datetime) -> bool:
        """Whether logins are refused without a check of the password."""
        return self.banned_until is not None and now < self.banned_until

    def log_in(self, username: str, password: str, now: datetime) -> Session | None:
        """A new session, or nothing for the wrong name or password; the fifth failure bans."""
        if (username, password) == (self._options.username, self._options.password):
            self._failures = 0
            return self.start(now)
        self._failures += 1
        if self._failures >= MAX_FAILED_LOGINS:
            self._failures = 0
            self.banned_until = now + timedelta(seconds=BAN_SECONDS)
        return None

    def start(self, now: datetime) -> Session:
        """A new session."""
        self._count += 1
        session = Session(hex_id("sid", self._options.name, self._count, now, length=32), now)
        self._sessions[session.id] = session
        return session

    def find(self, session_id: str, now: datetime) -> Session | None:
        """The session of that cookie unless it ran out; using it keeps it alive."""
        session = self._sessions.get(session_id)
        if session is None or now - session.used_at > timedelta(seconds=SESSION_SECONDS):
            self._sessions.pop(session_id, None)
            return None
        session.used_at = now
        return session

    def drop(self, session_id: str) -> None:
        """Logs out."""
        self._sessions.pop(session_id, None)

    def drop_all(self) -> None:
        """As after a restart of the program: no session and no ban is left."""
        self._sessions.clear()
        self.banned_until = None
        self._failures = 0


_AT_WORK = frozenset({"downloading", "seeding", "stalled", "metadata"})
_PLAIN_STATES = {
    "metadata": "metaDL",
    "checking": "checkingDL",
    "moving": "moving",
    "error": "error",
    "missing": "missingFiles",
    "downloading": "downloading",
    "seeding": "uploading",
}
_STATES = {
    ("stalled", False): "stalledDL",
    ("stalled", True): "stalledUP",
    ("queued", False): "queuedDL",
    ("queued", True): "queuedUP",
    ("seeding", True): "stalledUP",
    ("checking", True): "checkingUP",
    ("downloading", True): "uploading",
}


def state_name(torrent: Torrent, release: tuple[int, int]) -> str:
    """The torrent's state as qBittorrent of this version names it."""
    if torrent.is_reloading:
        return "checkingResumeData"
    if torrent.phase == "stopped":
        word = "stopped" if release >= (5, 0) else "paused"
        return f"{word}{'UP' if torrent.complete else 'DL'}"
    if torrent.phase == "downloading" and torrent.rate <= 0 and not torrent.complete:
        return "stalledDL"
    named = _STATES.get((torrent.phase, torrent.complete))
    return named or _PLAIN_STATES[torrent.phase]


def _epoch(at: datetime | None, missing: int) -> int:
    return missing if at is None else int(at.timestamp())


def torrent_json(
    torrent: Torrent, now: datetime, speed: float, release: tuple[int, int]
) -> dict[str, object]:
    """All fields of ``torrents/info`` but the hash; rates are what the wall clock sees."""
    active = torrent.moving_bytes
    known = torrent.has_metadata
    rate = int(torrent.rate * speed) if active else 0
    eta = torrent.eta_seconds
    body: dict[str, object] = {
        "added_on": _epoch(torrent.added_at, 0),
        "amount_left": torrent.shown_left_bytes if known else 0,
        "auto_tmm": False,
        "availability": 3.5 if active else (0.4 if torrent.phase == "stalled" else -1),
        "category": torrent.category,
        "completed": torrent.shown_bytes if known else 0,
        "completion_on": _epoch(torrent.completed_at, -1 if release >= (5, 0) else 0),
        "content_path": torrent.content_path,
        "dl_limit": 0,
        "dlspeed": rate,
        "download_path": "",
        "downloaded": int(torrent.done_bytes),
        "downloaded_session": int(torrent.done_bytes),
        "eta": eta if eta >= 8_640_000 or not speed else max(1, int(eta / speed)),
        "f_l_piece_prio": False,
        "force_start": False,
        "inactive_seeding_time_limit": -2,
        "infohash_v1": torrent.infohash_v1,
        "infohash_v2": torrent.infohash_v2,
        "last_activity": _epoch(torrent.last_activity_at, 0),
        "magnet_uri": f"magnet:?xt=urn:btih:{torrent.infohash_v1}",
        "max_inactive_seeding_time": -1,
        "max_ratio": -1,
        "max_seeding_time": -1,
        "name": torrent.name,
        "num_complete": 40 if torrent.seeds else 0,
        "num_incomplete": 7,
        "num_leechs": 3,
        "num_seeds": torrent.seeds if known and not torrent.complete else 0,
        "priority": 0 if torrent.complete else 1,
        "progress": round(torrent.progress, 6) if known else 0,
        "ratio": 0.1,
        "ratio_limit": -2,
        "save_path": torrent.save_path,
        "seeding_time_limit": -2,
        "seen_complete": _epoch(torrent.last_activity_at, -1),
        "seq_dl": False,
        "size": torrent.wanted_bytes if known else 0,
        "state": state_name(torrent, release),
        "super_seeding": False,
        "tags": torrent.tags,
        "total_size": sum(file.size_bytes for file in torrent.files) if known else -1,
        "tracker": "https://tracker.example/announce",
        "trackers_count": 1,
        "up_limit": 0,
        "uploaded": 0,
        "uploaded_session": 0,
        "upspeed": 0,
    }
    return body | times_json(torrent, now) | _version_fields(torrent, release)


def times_json(torrent: Torrent, now: datetime) -> dict[str, object]:
    """The fields that grow by time alone: they name each torrent at work in every delta."""
    seeded = now - torrent.completed_at if torrent.completed_at is not None else timedelta()
    return {
        "seeding_time": int(seeded.total_seconds()),
        "time_active": int((now - torrent.added_at).total_seconds()),
    }


def is_at_work(torrent: Torrent) -> bool:
    """Whether its time counts: it seeds, downloads or waits for peers."""
    return not torrent.is_reloading and torrent.phase in _AT_WORK


def _version_fields(torrent: Torrent, release: tuple[int, int]) -> dict[str, object]:
    known = torrent.has_metadata
    fields: dict[str, object] = {}
    if release >= (5, 0):
        folder = torrent.root_folder
        fields |= {
            "comment": "",
            "has_metadata": known,
            "popularity": 1.0,
            "private": False if known else None,
            "reannounce": 1200,
            "root_path": f"{torrent.save_path}/{folder}" if folder and known else "",
        }
    if release >= (5, 2):
        pieces = max(1, torrent.wanted_bytes // PIECE_BYTES)
        fields |= {
            "connections_count": 12,
            "connections_limit": 100,
            "created_by": "",
            "creation_date": -1,
            "piece_size": PIECE_BYTES,
            "pieces_have": int(pieces * torrent.progress),
            "pieces_num": pieces,
            "share_limit_action": "Default",
            "total_wasted": 0,
        }
    return fields


PIECE_BYTES = 4 * 1024 * 1024


def files_json(torrent: Torrent) -> list[dict[str, object]]:
    """``torrents/files``; empty while there is no metadata."""
    if not torrent.has_metadata:
        return []
    rows: list[dict[str, object]] = []
    offset = 0
    for index, file in enumerate(torrent.files):
        last = max(offset, offset + file.size_bytes - 1)
        rows.append(
            {
                "availability": 3.5 if torrent.moving_bytes and file.progress < 1 else -1,
                "index": index,
                "name": file.name,
                "piece_range": [offset // PIECE_BYTES, last // PIECE_BYTES],
                "priority": file.priority,
                "progress": round(torrent.shown_file_progress(file), 6),
                "size": file.size_bytes,
            }
        )
        offset += file.size_bytes
    return rows
