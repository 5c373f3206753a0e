"""Jellyseerr: no pending or approved request is left, and the media is absent, unknown or deleted.

Checked on the deletion as a whole only; Jellyseerr learns of a deletion from its own daily sync.
The list that was read after the deletion counts, whether or not the inventory had a request. The
control is any other entry that is listed now; where there is none, that Jellyseerr showed its
settings, as it does to administrators only, and that no other request is known that should be
listed.
"""

import re
from dataclasses import replace

from episodarr.deletions.judge.proof import (
    Judgement,
    disk_proof_of,
    failed,
    prove,
    same_for_all,
    without_part,
)
from episodarr.model.check import CheckFailed, JellyseerrCheck, JellyseerrSeen
from episodarr.model.deletion import DeletionScope
from episodarr.model.deletion_log import DeletionRecord
from episodarr.model.evidence import (
    Control,
    Finding,
    NotApplicable,
    RecordLeft,
    Remaining,
    Sighting,
    Unclear,
)
from episodarr.model.ids import SonarrSeriesId
from episodarr.model.inventory import JellyseerrHolding, Taken
from episodarr.model.request import MediaRequest, MediaStatus, RequestId, RequestStatus, SeerrMedia
from episodarr.model.seerr_servers import SeerrServers, is_named_for_4k

ACTIVE = frozenset({RequestStatus.PENDING, RequestStatus.APPROVED})
GONE = frozenset({MediaStatus.UNKNOWN, MediaStatus.DELETED})
_HELD_BY_SEASON = frozenset({MediaStatus.AVAILABLE, MediaStatus.PARTIALLY_AVAILABLE})
_NOTHING_HELD = JellyseerrHolding(server_id="", tmdb_id=None, requests=(), other_request_ids=())
_ADDRESS_MARK = re.compile(r"[0-9a-f]{12}")
"""A mark made from an address, as in inventories of earlier versions; people edit addresses."""


def judge_jellyseerr(record: DeletionRecord, check: JellyseerrCheck) -> Judgement:
    """Jellyseerr's finding on the whole deletion; it has none on single episodes."""
    judgement = same_for_all((), _judge(record, check), at=check.at, method=check.method)
    if isinstance(check, CheckFailed) or check.at < record.detected_at:
        return judgement
    newest = max((request.request_id for request in check.requests), default=RequestId(0))
    return replace(judgement, newest_request_id=newest)


def _judge(record: DeletionRecord, check: JellyseerrCheck) -> Finding:
    if record.scope is DeletionScope.EPISODES:
        return NotApplicable(why="requests are for whole seasons")
    part = without_part(record.inventory.jellyseerr, "Jellyseerr")
    if isinstance(part, NotApplicable):
        return part
    held = part.value if isinstance(part, Taken) else _NOTHING_HELD
    if isinstance(check, CheckFailed):
        was_nothing = isinstance(part, Taken) and part.is_complete and not _holds_any(held)
        if check.reason is None and was_nothing:
            return NotApplicable(why=f"it was not requested, and {check.message}")
        return failed(check)
    subject = _Subject(record, held, check)
    left = subject.stranger() or subject.left()
    if left is not None:
        return left
    return _absent(record, part, check, subject.control())


def _absent(
    record: DeletionRecord,
    part: Taken[JellyseerrHolding] | Finding,
    check: JellyseerrSeen,
    control: Control | Unclear,
) -> Finding:
    """The finding if no request and no record of it is listed."""
    if not isinstance(part, Taken):
        return part
    if isinstance(control, Unclear):
        return control
    if not _holds_any(part.value):
        return _never_held(record, part, check)
    return prove(
        Sighting(what=_held_words(part.value), at=part.at),
        control,
        checked_at=check.at,
        noticed_at=record.detected_at,
    )


def _holds_any(held: JellyseerrHolding) -> bool:
    return bool(held.requests) or held.media_id is not None


def _held_words(held: JellyseerrHolding) -> str:
    count = len(held.requests)
    if not count:
        return "its record"
    return "1 request" if count == 1 else f"{count} requests"


def _never_held(
    record: DeletionRecord, part: Taken[JellyseerrHolding], check: JellyseerrSeen
) -> Finding:
    if not part.is_complete:
        return Unclear(why="Jellyseerr's inventory was not complete")
    if check.at < record.detected_at:
        return Unclear(why="the check began before the deletion was noticed")
    return NotApplicable(why="it was not requested")


class _Subject:
    """One deletion with one check of Jellyseerr."""

    def __init__(
        self, record: DeletionRecord, held: JellyseerrHolding, check: JellyseerrSeen
    ) -> None:
        self._record = record
        self._held = held
        self._check = check
        inventoried = {server.server_id: record.key.sonarr for server in held.servers}
        self._servers = SeerrServers(
            servers=check.servers.servers,
            name_by_server={**inventoried, **check.servers.name_by_server},
        )
        self._covering = tuple(r for r in check.requests if self._covers(r))

    def stranger(self) -> Unclear | None:
        """Unclear if this is another Jellyseerr than the one that was inventoried."""
        if not self._check.is_unrestricted:
            return None
        known, seen = _marks(self._held.server_id), _marks(self._check.server_id)
        if known and known.isdisjoint(seen):
            return Unclear(
                why="another Jellyseerr answered: none of the Sonarr servers in its settings is one"
                f" that was there ({self._check.server_id or 'it has none'},"
                f" not {self._held.server_id})"
            )
        inventoried = {request.request_id for request in self._held.requests}
        for request in self._check.requests:
            if request.request_id in inventoried and self._is_of_another(request):
                return Unclear(
                    why=f"another Jellyseerr answered: its request {request.request_id} is for"
                    " another series"
                )
        return None

    def left(self) -> Finding | None:
        """The finding on what is still listed; None if nothing is left."""
        for request in self._covering:
            if request.status in ACTIVE:
                return Remaining(what=f"request {request.request_id} is {request.status.value}")
        for request in self._covering:
            if request.status is RequestStatus.UNKNOWN:
                return Unclear(why=f"request {request.request_id} has an unknown status")
        return self._media_left()

    def control(self) -> Control | Unclear:
        """Proof that the list is usable, or why it is not."""
        check = self._check
        if not check.is_unrestricted:
            return Unclear(why="this user may not see all requests")
        unread = self._unread()
        if unread is not None:
            return unread
        for one in (*self._covering, *check.requests):
            return Control(what=f"request {one.request_id}, one of {len(check.requests)} listed")
        for media in check.media or ():
            return Control(what=f"record {media.media_id}, one of {len(check.media or ())} listed")
        return self._control_of_nothing()

    def _unread(self) -> Unclear | None:
        """Unclear if something that is listed, and cannot be read, may be of this series."""
        held, check = self._held, self._check
        missing = {r.request_id for r in held.requests} - {r.request_id for r in check.requests}
        newest = held.newest_request_id
        is_new = newest is not None and any(
            isinstance(one, int) and one > newest for one in check.unread_ids
        )
        if missing & check.unread_ids or is_new or not check.is_whole:
            return Unclear(why="Jellyseerr lists a request whose record cannot be read")
        if held.media_id in check.unread_media_ids:
            return Unclear(why="Jellyseerr's record of the series cannot be read")
        for one in check.requests:
            if not one.names_series and one.status in {*ACTIVE, RequestStatus.UNKNOWN}:
                return Unclear(why=f"it is not known what request {one.request_id} is for")
        return None

    def _control_of_nothing(self) -> Control | Unclear:
        """The control where nothing at all is listed: unclear if other requests should be."""
        expected = self._check.expected_request_ids
        if expected is None:
            expected = frozenset(self._held.other_request_ids)
        if expected:
            return Unclear(
                why="it lists no request and no series, though others were requested: is this still"
                " the same server?",
            )
        if not _marks(self._check.server_id) and self._held.server_id:
            return Unclear(why="nothing shows that it is the same Jellyseerr")
        return Control(what="its settings, shown to an administrator; no request is left at all")

    def _covers(self, request: MediaRequest) -> bool:
        """Whether it requested what was deleted, of this Sonarr; a later request does not count."""
        record, held = self._record, self._held
        newest = record.newest_request_id
        if newest is not None and request.request_id > newest:
            return False
        if not self._servers.may_be_for(request, record.key.sonarr, _series_id(record)):
            return False
        if not self._servers.kinds_of(record.key.sonarr) and not self._is_of_held_kind(request):
            return False
        is_inventoried = request.request_id in {r.request_id for r in held.requests}
        if not is_inventoried and not self._is_of_series(request):
            return False
        if record.scope is DeletionScope.SERIES:
            return True
        return any(season in request.seasons for season in self._seasons())

    def _is_of_held_kind(self, request: MediaRequest) -> bool:
        """Whether HD or 4K agrees with the inventoried requests; used without known servers."""
        kinds = {r.is_4k for r in self._held.requests}
        return not kinds or request.is_4k in kinds

    def _tmdb_id(self) -> int | None:
        return self._held.tmdb_id or self._record.inventory.tmdb_id

    def _is_of_series(self, request: MediaRequest) -> bool:
        if request.tvdb_id is not None:
            return request.tvdb_id == self._record.key.tvdb_id
        tmdb_id = self._tmdb_id()
        if request.tmdb_id is not None and tmdb_id:
            return request.tmdb_id == tmdb_id
        series_id = _series_id(self._record)
        return series_id is not None and request.sonarr_series_id == series_id

    def _is_of_another(self, request: MediaRequest) -> bool:
        if request.tvdb_id is not None:
            return request.tvdb_id != self._record.key.tvdb_id
        tmdb_id = self._tmdb_id()
        return request.tmdb_id is not None and bool(tmdb_id) and request.tmdb_id != tmdb_id

    def _seasons(self) -> frozenset[int]:
        return frozenset(season for season, _ in (e.number for e in self._record.expected))

    def _kinds(self) -> frozenset[bool]:
        """Whether this Sonarr is Seerr's for HD, for 4K or for both."""
        sonarr = self._record.key.sonarr
        return (
            self._servers.kinds_of(sonarr)
            or frozenset(server.is_4k for server in self._held.servers)
            or frozenset(request.is_4k for request in self._held.requests)
            or frozenset({is_named_for_4k(sonarr)})
        )

    def _media_left(self) -> Finding | None:
        """The finding from Jellyseerr's record of the series, or of the deleted seasons."""
        if self._check.media is None:
            statuses = [
                (f"request {r.request_id}: the media is {r.media_status.value}", r.media_status)
                for r in self._covering
                if self._record.scope is DeletionScope.SERIES
            ]
        else:
            statuses = [one for media in self._check.media for one in self._statuses(media)]
        for what, status in statuses:
            if status is MediaStatus.OTHER:
                return Unclear(why=f"{what}, which is not known")
        disk_proof = disk_proof_of(self._record.evidence_by_system)
        for what, status in statuses:
            if status not in GONE:
                return (
                    Remaining(what=what)
                    if disk_proof is None
                    else RecordLeft(what=what, disk_proof=disk_proof)
                )
        return None

    def _statuses(self, media: SeerrMedia) -> list[tuple[str, MediaStatus]]:
        """Descriptions and statuses of a record; empty if it is of another series."""
        if not media.is_of(tvdb_id=self._record.key.tvdb_id, tmdb_id=self._tmdb_id()):
            return []
        kinds = [(is_4k, "4K " if is_4k else "") for is_4k in sorted(self._kinds())]
        if self._record.scope is DeletionScope.SERIES:
            statuses = [(quality, media.status_of(is_4k=is_4k)) for is_4k, quality in kinds]
            return [
                (f"its {quality}media is {status.value}", status) for quality, status in statuses
            ]
        deleted = self._seasons()
        return [
            (f"season {one.season} of its {quality}media is {status.value}", status)
            for one in media.seasons
            if one.season in deleted
            for is_4k, quality in kinds
            if (status := one.status_4k if is_4k else one.status) in _HELD_BY_SEASON
        ]


def _series_id(record: DeletionRecord) -> SonarrSeriesId | None:
    part = record.inventory.sonarr
    return part.value.sonarr_id if isinstance(part, Taken) else None


def _marks(server_id: str) -> frozenset[str]:
    return frozenset(
        mark for mark in server_id.split("+") if mark and not _ADDRESS_MARK.fullmatch(mark)
    )
