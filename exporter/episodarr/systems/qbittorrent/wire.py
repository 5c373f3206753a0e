"""qBittorrent's answers as model records; the only place that knows its field names.

`sync/maindata` sends what changed since an answer number (`rid`); `Torrents` is what has been
merged so far. Both vocabularies of states are read: 4.x writes paused, 5.x stopped.

Source: qBittorrent release-4.5.0 to 5.2.3, src/webui/api/{synccontroller,torrentscontroller,
serialize/serialize_torrent}.cpp; 5.3.0 by its recorded answers.
"""

import re
from collections.abc import Iterable, Mapping, MutableMapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, UnsetType

from episodarr.errors import BadPayload
from episodarr.model.download import Torrent, TorrentFile, TorrentsByHash, TorrentState
from episodarr.model.ids import InfoHash
from episodarr.model.records import Records, Unread
from episodarr.model.steps import Steps
from episodarr.systems.payload import decode, key_in, read_each

_UNKNOWN_ETA_SECONDS = 8_640_000
_YEAR_2100 = 4_102_444_800
_HASH = re.compile(r"[0-9a-f]{40}")
_VERSION = re.compile(r"(?<!\d)v?(\d+\.\d+[\w.\-]*)")

STATE_BY_WORD: Mapping[str, TorrentState] = MappingProxyType(
    {
        "metaDL": TorrentState.METADATA,
        "forcedMetaDL": TorrentState.METADATA,
        "allocating": TorrentState.QUEUED,
        "queuedDL": TorrentState.QUEUED,
        "downloading": TorrentState.DOWNLOADING,
        "forcedDL": TorrentState.DOWNLOADING,
        "stalledDL": TorrentState.STALLED,
        "pausedDL": TorrentState.PAUSED,
        "stoppedDL": TorrentState.PAUSED,
        "checkingDL": TorrentState.CHECKING,
        "checkingUP": TorrentState.CHECKING,
        "checkingResumeData": TorrentState.CHECKING,
        "uploading": TorrentState.SEEDING,
        "forcedUP": TorrentState.SEEDING,
        "stalledUP": TorrentState.SEEDING,
        "queuedUP": TorrentState.SEEDING,
        "pausedUP": TorrentState.COMPLETE,
        "stoppedUP": TorrentState.COMPLETE,
        "moving": TorrentState.MOVING,
        "error": TorrentState.ERROR,
        "missingFiles": TorrentState.ERROR,
    }
)
"""base/bittorrent/torrent.h TorrentState, 4.5 to 5.2; any other value is UNKNOWN."""


_Number = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]


class _Torrent(msgspec.Struct, gc=False):
    """One torrent, whole."""

    name: str
    state: str
    size: _Number
    total_size: _Number
    completed: _Number
    amount_left: _Number
    progress: float
    downloaded: _Number
    eta: _Number
    num_seeds: _Number
    num_complete: _Number
    added_on: _Number
    completion_on: _Number
    last_activity: _Number
    infohash_v1: str
    infohash_v2: str
    has_metadata: bool | None = None
    """5.0 and later."""


_TORRENTS_PER_STEP = 50
"""A millisecond."""


class _Changes(msgspec.Struct, gc=False):
    """The changed fields of one torrent; absent is not null."""

    name: str | UnsetType = UNSET
    state: str | UnsetType = UNSET
    size: _Number | UnsetType = UNSET
    total_size: _Number | UnsetType = UNSET
    completed: _Number | UnsetType = UNSET
    amount_left: _Number | UnsetType = UNSET
    progress: float | UnsetType = UNSET
    downloaded: _Number | UnsetType = UNSET
    eta: _Number | UnsetType = UNSET
    num_seeds: _Number | UnsetType = UNSET
    num_complete: _Number | UnsetType = UNSET
    added_on: _Number | UnsetType = UNSET
    completion_on: _Number | UnsetType = UNSET
    last_activity: _Number | UnsetType = UNSET
    infohash_v1: str | UnsetType = UNSET
    infohash_v2: str | UnsetType = UNSET
    has_metadata: bool | UnsetType | None = UNSET


_NO_CHANGES = _Changes()
_OF_NO_WEIGHT_ONCE_DONE = frozenset({"eta", "last_activity", "num_complete"})


class _MainData(msgspec.Struct):
    rid: _Number
    full_update: bool = False
    torrents: dict[str, msgspec.Raw] = {}
    torrents_removed: tuple[str, ...] = ()


class _File(msgspec.Struct, gc=False):
    name: str
    size: _Number
    progress: float
    priority: _Number
    index: _Number | None = None
    """Since 4.3.6."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Torrents:
    """All torrents of a client as of one answer, and what the next delta builds on."""

    rid: int = 0
    """0: the next answer must be a full one."""
    wire_by_hash: Mapping[InfoHash, _Torrent] = field(
        default_factory=lambda: MappingProxyType({}), repr=False
    )
    torrent_by_hash: TorrentsByHash = field(default_factory=TorrentsByHash)

    @property
    def unread(self) -> tuple[Unread, ...]:
        """Torrents that exist and cannot be read; their last readable state is kept."""
        return self.torrent_by_hash.unread

    def from_scratch(self) -> "Torrents":
        """The same torrents, kept only for identity: the next answer must be a full one."""
        return Torrents(torrent_by_hash=self.torrent_by_hash)


def apply_maindata(known: Torrents, body: bytes, client: str) -> Steps[Torrents]:
    """All torrents after this answer, in steps; those that did not change are the same objects.

    A torrent that cannot be read stays as it was, if it was known, and is noted in `unread`.

    Raises:
        BadPayload: it is no such answer, or a delta to an answer that is not known, or none of
            the torrents in it can be read.
    """
    wire = decode("maindata", body, _MainData)
    if not wire.full_update and known.rid == 0:
        message = "unexpected answer: changes instead of the full list"
        raise BadPayload("maindata", message, path="$.full_update")
    merging = _Merging(known, wire, client)
    for done, (text, raw) in enumerate(wire.torrents.items(), start=1):
        if done % _TORRENTS_PER_STEP == 0:
            yield
        merging.take(text, raw)
    if merging.first is not None and not merging.read and wire.full_update:
        raise merging.first
    return merging.merged(known, wire.rid)


class _Merging:
    """All torrents while an answer is merged into those that are known."""

    def __init__(self, known: Torrents, wire: _MainData, client: str) -> None:
        self._client = client
        self._before = known.torrent_by_hash
        self._wire_by_hash = {} if wire.full_update else dict(known.wire_by_hash)
        self._torrent_by_hash = {} if wire.full_update else dict(known.torrent_by_hash)
        self._unread = {} if wire.full_update else {one.key: one for one in known.unread}
        self.first: BadPayload | None = None
        """The first error of a torrent."""
        self.read = 0
        _drop(wire.torrents_removed, self._wire_by_hash, self._torrent_by_hash, self._unread)

    def take(self, text: str, raw: msgspec.Raw) -> None:
        info_hash, at = InfoHash(text.lower()), f"$.torrents.{text[:64]}"
        last = self._wire_by_hash.get(info_hash)
        try:
            merged = _first(raw, info_hash, at) if last is None else _merged(last, raw, at)
        except BadPayload as error:
            self._leave_out(info_hash, error)
            return
        self.read += 1
        if merged is last:
            return
        self._unread.pop(info_hash, None)
        self._wire_by_hash[info_hash] = merged
        before, torrent = self._before.get(info_hash), _torrent(self._client, info_hash, merged)
        self._torrent_by_hash[info_hash] = before if before == torrent else torrent

    def _leave_out(self, info_hash: InfoHash, error: BadPayload) -> None:
        """Its fields are lost: changes of it mean nothing until it is sent whole again."""
        self.first = self.first or error
        self._unread[info_hash] = Unread(
            endpoint="maindata", place=error.path, message=error.message, key=info_hash
        )
        self._wire_by_hash.pop(info_hash, None)
        if (before := self._before.get(info_hash)) is not None:
            self._torrent_by_hash[info_hash] = before

    def merged(self, known: Torrents, rid: int) -> Torrents:
        found = TorrentsByHash(self._torrent_by_hash, tuple(self._unread.values()))
        return Torrents(
            rid=rid,
            wire_by_hash=MappingProxyType(self._wire_by_hash),
            torrent_by_hash=_as_before(known.torrent_by_hash, found),
        )


def _drop(removed: Iterable[str], *by_hash: MutableMapping[Any, Any]) -> None:
    for text in removed:
        for known in by_hash:
            known.pop(InfoHash(text.lower()), None)


def parse_files(body: bytes) -> Records[TorrentFile]:
    """The files of /torrents/files in the order of the answer; empty while there is no metadata.

    Raises:
        BadPayload: it is not such a list, or no file on it can be read.
    """

    def read(item: tuple[int, msgspec.Raw], at: str) -> TorrentFile:
        position, body = item
        wire = decode("files", body, _File, at=at)
        return TorrentFile(
            index=position if wire.index is None else wire.index,
            path=wire.name,
            size_bytes=max(0, wire.size),
            progress_ratio=_ratio(wire.progress),
            is_wanted=wire.priority != 0,
        )

    items = decode("files", body, tuple[msgspec.Raw, ...])
    return read_each("files", enumerate(items), read, key_in("index"))


def parse_version(text: str) -> str:
    """The version of /app/version, without its leading v.

    Raises:
        BadPayload: it is no version.
    """
    found = _VERSION.fullmatch(text.strip())
    if found is None:
        raise BadPayload("version", "this is no version of qBittorrent; check the URL")
    return found[1]


def _first(raw: msgspec.Raw, info_hash: InfoHash, at: str) -> _Torrent:
    _require_hash(info_hash, at)
    return decode("maindata", raw, _Torrent, at=at)


def _merged(before: _Torrent, raw: msgspec.Raw, at: str) -> _Torrent:
    """The torrent with its changes; the same object where only negligible fields changed.

    That is most of them: each answer names every seeding torrent, for its seeding time.
    """
    changed = decode("maindata", raw, _Changes, at=at)
    if changed == _NO_CHANGES:
        return before
    changes = msgspec.to_builtins(changed)
    if before.amount_left == 0 and before.size > 0 and changes.keys() <= _OF_NO_WEIGHT_ONCE_DONE:
        return before
    return msgspec.structs.replace(before, **changes)


def _torrent(client: str, info_hash: InfoHash, wire: _Torrent) -> Torrent:
    state = STATE_BY_WORD.get(wire.state, TorrentState.UNKNOWN)
    remaining_bytes = max(0, wire.amount_left)
    has_metadata = wire.has_metadata
    if has_metadata is None:
        has_metadata = wire.total_size > 0 and state is not TorrentState.METADATA
    is_done = has_metadata and remaining_bytes == 0
    return Torrent(
        client=client,
        info_hash=info_hash,
        other_hashes=_other_hashes(info_hash, wire),
        name=wire.name,
        state=state,
        size_bytes=max(0, wire.size),
        completed_bytes=max(0, wire.completed),
        remaining_bytes=remaining_bytes,
        progress_ratio=_ratio(wire.progress),
        received_bytes=max(0, wire.downloaded),
        # of a seed it is the time until its share limit
        eta_seconds=None if is_done or not 0 <= wire.eta < _UNKNOWN_ETA_SECONDS else wire.eta,
        connected_seeds=max(0, wire.num_seeds),
        swarm_seeds=None if is_done or wire.num_complete < 0 else wire.num_complete,
        has_metadata=has_metadata,
        added_at=_moment(wire.added_on),
        # 4.x writes garbage here while a torrent is not done
        completed_at=_moment(wire.completion_on) if is_done else None,
        # of a seed it is the last upload
        last_activity_at=None if is_done else _moment(wire.last_activity),
        has_deselected_files=has_metadata and 0 <= wire.size < wire.total_size,
    )


def _require_hash(text: str, at: str) -> None:
    if _HASH.fullmatch(text) is None:
        raise BadPayload("maindata", "unexpected answer: this is no torrent id", path=at)


def _other_hashes(info_hash: InfoHash, wire: _Torrent) -> tuple[InfoHash, ...]:
    """The torrent's other hashes: Sonarr's history has a hybrid's v1, qBittorrent its cut v2."""
    both = (wire.infohash_v1.lower(), wire.infohash_v2.lower()[:40])
    return tuple(InfoHash(text) for text in both if text and text != info_hash)


def _ratio(value: float) -> float:
    return min(1.0, max(0.0, value))


def _moment(unix_seconds: int) -> datetime | None:
    """None for "never", which is 0, -1 or out of this century."""
    if not 0 < unix_seconds < _YEAR_2100:
        return None
    return datetime.fromtimestamp(unix_seconds, UTC)


def _as_before(before: TorrentsByHash, now: TorrentsByHash) -> TorrentsByHash:
    """The same mapping as before when it holds the same objects."""
    is_same = len(before) == len(now) and all(before.get(key) is one for key, one in now.items())
    return before if is_same and before.unread == now.unread else now
