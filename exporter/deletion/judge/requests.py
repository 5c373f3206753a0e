"""Jellyseerr: no pending or approved request is left, and the media is absent, unknown or deleted.

Asked of the deletion as a whole only; Jellyseerr learns of a deletion from its own daily sync.
"""

from exporter.deletion.judge.proof import (
    Judgement,
    disk_proof_of,
    failed,
    other_server,
    prove,
    same_for_all,
    without_part,
)
from exporter.model.deletion import DeletionScope
from exporter.model.deletion_log import DeletionRecord
from exporter.model.evidence import (
    Control,
    Finding,
    NotApplicable,
    RecordLeft,
    Remaining,
    Sighting,
    Unclear,
)
from exporter.model.inventory import JellyseerrHolding, Taken
from exporter.model.look import JellyseerrLook, JellyseerrSeen, LookFailed
from exporter.model.request import MediaRequest, MediaStatus, RequestStatus

ACTIVE = frozenset({RequestStatus.PENDING, RequestStatus.APPROVED})
GONE = frozenset({MediaStatus.UNKNOWN, MediaStatus.DELETED})


def judge_jellyseerr(record: DeletionRecord, look: JellyseerrLook) -> Judgement:
    """What Jellyseerr's list of requests is worth; it never speaks of single episodes."""
    return same_for_all((), _judge(record, look), at=look.at, method=look.method)


def _counted(requests: int) -> str:
    return "1 request" if requests == 1 else f"{requests} requests"


def _judge(record: DeletionRecord, look: JellyseerrLook) -> Finding:
    if record.scope is DeletionScope.EPISODES:
        return NotApplicable(why="requests are for whole seasons")
    part = without_part(record.inventory.jellyseerr, "Jellyseerr")
    if not isinstance(part, Taken):
        return part
    if not part.value.requests:
        return (
            NotApplicable(why="nobody had requested it")
            if part.is_complete
            else Unclear(why="Jellyseerr's inventory was not complete")
        )
    if isinstance(look, LookFailed):
        return failed(look)
    covering = tuple(r for r in look.requests if _covers(record, part.value, look, r))
    control = _control(part.value, look, covering)
    if isinstance(control, Unclear):
        return control
    return (
        _left(record, covering)
        or _unread(part.value, look)
        or prove(
            Sighting(what=_counted(len(part.value.requests)), at=part.at),
            control,
            looked_at=look.at,
            noticed_at=record.detected_at,
        )
    )


def _unread(held: JellyseerrHolding, look: JellyseerrSeen) -> Unclear | None:
    """Whether one of its requests may be among those that are listed and cannot be read."""
    listed = {request.request_id for request in look.requests}
    missing = {r.request_id for r in held.requests} - listed
    if missing & look.unread_ids or (missing and not look.is_whole):
        return Unclear(why="Jellyseerr lists a request whose record cannot be read")
    return None


def _covers(
    record: DeletionRecord, held: JellyseerrHolding, look: JellyseerrSeen, request: MediaRequest
) -> bool:
    """Whether it asks for what was deleted, of this Sonarr; one made afterwards is a new wish."""
    if request.created_at > record.detected_at:
        return False
    sonarr = look.sonarr_by_server_id.get(request.server_id or 0, record.key.sonarr)
    if request.server_id is not None and sonarr != record.key.sonarr:
        return False
    if request.request_id not in {r.request_id for r in held.requests}:
        same_media = request.tvdb_id == record.key.tvdb_id or (
            held.tmdb_id is not None and request.tmdb_id == held.tmdb_id
        )
        if not same_media or request.is_4k not in {r.is_4k for r in held.requests}:
            return False
    if record.scope is DeletionScope.SERIES:
        return True
    return any(season in request.seasons for season, _ in (e.number for e in record.expected))


def _control(
    held: JellyseerrHolding, look: JellyseerrSeen, covering: tuple[MediaRequest, ...]
) -> Control | Unclear:
    stranger = other_server("Jellyseerr", held.server_id, look.server_id)
    if stranger is not None:
        return stranger
    if not look.is_unrestricted:
        return Unclear(why="this user may not see all requests")
    known = {*held.other_request_ids, *(r.request_id for r in held.requests)}
    for request in (*covering, *look.requests):
        if request.request_id in known:
            return Control(what=f"request {request.request_id}, one of {len(look.requests)} listed")
    if held.server_id and look.server_id and not held.other_request_ids:
        return Control(what="the same Jellyseerr, in which these were the only requests")
    return Unclear(why="none of the known requests is listed")


def _left(record: DeletionRecord, covering: tuple[MediaRequest, ...]) -> Finding | None:
    for request in covering:
        if request.status in ACTIVE:
            return Remaining(what=f"request {request.request_id} is {request.status.value}")
    if record.scope is not DeletionScope.SERIES:
        return None
    for request in covering:
        if request.media_status is MediaStatus.OTHER:
            return Unclear(why=f"request {request.request_id} has a media status nobody knows")
        if request.media_status not in GONE:
            what = f"request {request.request_id}: the media is {request.media_status.value}"
            disk_proof = disk_proof_of(record.evidence_by_system)
            if disk_proof is not None:
                return RecordLeft(what=what, disk_proof=disk_proof)
            return Remaining(what=what)
    return None
