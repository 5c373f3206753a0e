"""Seerr's answers as model records; the only place that knows Seerr's field names.

The official description of this API leaves out half of what is sent, so what is required here is what
the source always writes. Numbers that a newer version may add become UNKNOWN or OTHER, which prove
nothing. An e-mail address never leaves this module.

Source: Jellyseerr v2.7.3 and Seerr v3.1.0, `server/constants/media.ts`, `server/entity`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

import msgspec

from episodarr.errors import BadPayload
from episodarr.model.ids import SonarrSeriesId, TvdbId
from episodarr.model.records import Records
from episodarr.model.request import (
    MediaRequest,
    MediaStatus,
    RequestId,
    RequestStatus,
    SeasonMedia,
    SeerrMedia,
)
from episodarr.model.seerr_servers import SeerrSonarr
from episodarr.systems.payload import decode, decode_record, key_in, read_each, utc_moment

_REQUEST_STATUS = {
    1: RequestStatus.PENDING,
    2: RequestStatus.APPROVED,
    3: RequestStatus.DECLINED,
    4: RequestStatus.FAILED,
    5: RequestStatus.COMPLETED,
}
_MEDIA_STATUS = {
    1: MediaStatus.UNKNOWN,
    2: MediaStatus.PENDING,
    3: MediaStatus.PROCESSING,
    4: MediaStatus.PARTIALLY_AVAILABLE,
    5: MediaStatus.AVAILABLE,
    6: MediaStatus.BLOCKLISTED,
    7: MediaStatus.DELETED,
}
_UNSENT = frozenset({RequestStatus.PENDING, RequestStatus.FAILED})
"""Such a request was not sent; its media may be on a server because of an earlier request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page[T]:
    """One slice of a list: its television records, and the length of the whole list."""

    entries: Records[T]
    ids: tuple[int | None, ...]
    """Ids of all records on the page in its order, films too; None where one has no readable id."""
    total: int
    """Records in the whole list."""


_Number = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]


class _Wire(msgspec.Struct, rename="camel", frozen=True):
    """What all payloads share: camelCase, further fields ignored."""


class _PageInfo(_Wire, frozen=True):
    results: _Number


class _User(_Wire, frozen=True):
    id: _Number
    username: str | None = None
    jellyfin_username: str | None = None
    plex_username: str | None = None
    display_name: str | None = None


class _SeasonMedia(_Wire, frozen=True):
    season_number: _Number
    status: _Number = 1
    status4k: _Number = msgspec.field(name="status4k", default=1)


class _Media(_Wire, frozen=True):
    id: _Number
    status: _Number
    media_type: str | None = None
    tmdb_id: _Number | None = None
    tvdb_id: _Number | None = None
    status4k: _Number = msgspec.field(name="status4k", default=1)
    service_id: _Number | None = None
    service_id4k: _Number | None = msgspec.field(name="serviceId4k", default=None)
    external_service_id: _Number | None = None
    external_service_id4k: _Number | None = msgspec.field(name="externalServiceId4k", default=None)
    external_service_slug: str | None = None
    external_service_slug4k: str | None = msgspec.field(name="externalServiceSlug4k", default=None)
    seasons: tuple[_SeasonMedia, ...] | None = None


class _Season(_Wire, frozen=True):
    season_number: _Number


class _Request(_Wire, frozen=True):
    id: _Number
    status: _Number
    type: str
    created_at: datetime
    media: _Media | None = None
    is4k: bool = msgspec.field(name="is4k", default=False)
    server_id: _Number | None = None
    seasons: tuple[_Season, ...] | None = None
    requested_by: _User | None = None


_SPARE = frozenset({"requestedBy", "externalServiceSlug", "externalServiceSlug4k"})
"""Fields without which a record is still usable."""


class _List(_Wire, frozen=True):
    page_info: _PageInfo
    results: tuple[msgspec.Raw, ...]


class _Id(_Wire, frozen=True):
    id: _Number


class _About(_Wire, frozen=True):
    version: str


class _Show(_Wire, frozen=True):
    name: str


class _Server(_Wire, frozen=True):
    id: _Number
    hostname: str
    port: _Number
    use_ssl: bool = False
    base_url: str | None = None
    is4k: bool = msgspec.field(name="is4k", default=False)
    is_default: bool = False


def parse_version(endpoint: str, body: bytes) -> str:
    """The version of Seerr.

    Raises:
        BadPayload: the body has no version.
    """
    version = decode(endpoint, body, _About).version
    if not version:
        raise BadPayload(endpoint, "an empty version", path="$.version")
    return version


def parse_title(endpoint: str, body: bytes) -> str:
    """The title of a series.

    Raises:
        BadPayload: the body is no series, or one without a title.
    """
    title = decode(endpoint, body, _Show).name.strip()
    if not title:
        raise BadPayload(endpoint, "an empty title", path="$.name")
    return title


def parse_request_page(
    endpoint: str, body: bytes, *, keeps_requester: bool, overlap: int = 0
) -> Page[MediaRequest]:
    """The requests for television of one page; `overlap` records at its start are known already.

    Raises:
        BadPayload: not a page of requests.
    """

    def read(body: msgspec.Raw, at: str) -> MediaRequest | None:
        wire = decode_record(endpoint, body, _Request, _SPARE, at=at)
        if wire.type == "movie":
            return None
        return _request(endpoint, wire, at, keeps_requester=keeps_requester)

    wire = decode(endpoint, body, _List)
    return _page(endpoint, wire.results, wire.page_info, read, overlap)


def parse_media_page(endpoint: str, body: bytes, *, overlap: int = 0) -> Page[SeerrMedia]:
    """The series of one page of media; `overlap` records at its start are known already.

    Raises:
        BadPayload: not a page of media.
    """

    def read(body: msgspec.Raw, at: str) -> SeerrMedia | None:
        wire = decode_record(endpoint, body, _Media, _SPARE, at=at)
        return None if wire.media_type == "movie" else _media(wire)

    wire = decode(endpoint, body, _List)
    return _page(endpoint, wire.results, wire.page_info, read, overlap)


def _page[T](
    endpoint: str,
    items: tuple[msgspec.Raw, ...],
    info: _PageInfo,
    read: Callable[[msgspec.Raw, str], T | None],
    overlap: int,
) -> Page[T]:
    listed = read_each(
        endpoint, items[overlap:], read, key_in("id"), at="$.results", may_all_be_odd=True
    )
    return Page(
        entries=Records((entry for entry in listed if entry is not None), listed.unread),
        ids=tuple(_id_of(endpoint, item) for item in items),
        total=info.results,
    )


def _id_of(endpoint: str, item: msgspec.Raw) -> int | None:
    try:
        number = decode(endpoint, item, _Id).id
    except BadPayload:
        return None
    return number if number > 0 else None


def parse_sonarr_servers(endpoint: str, body: bytes) -> tuple[SeerrSonarr, ...]:
    """The Sonarr servers that Seerr sends requests to; their keys are not read.

    Raises:
        BadPayload: not a list of servers.
    """
    return tuple(
        SeerrSonarr(
            server_id=one.id,
            url=_url(one),
            is_4k=one.is4k,
            is_default=one.is_default,
        )
        for one in decode(endpoint, body, tuple[_Server, ...])
    )


def _request(endpoint: str, wire: _Request, at: str, *, keeps_requester: bool) -> MediaRequest:
    media = wire.media or _Media(id=0, status=0, status4k=0)
    is_4k = wire.is4k
    status = _REQUEST_STATUS.get(wire.status, RequestStatus.UNKNOWN)
    server_id, series_id, slug = _sonarr_of(media, is_4k=is_4k)
    is_for_another = status in _UNSENT and wire.server_id not in {None, server_id}
    if server_id is None or is_for_another:
        server_id, series_id, slug = wire.server_id, None, None
    if wire.id <= 0:
        raise BadPayload(endpoint, "a request without an id", path=f"{at}.id")
    created_at = utc_moment(wire.created_at)
    if created_at is None:
        raise BadPayload(endpoint, "an impossible date", path=f"{at}.createdAt")
    return MediaRequest(
        request_id=RequestId(wire.id),
        status=status,
        media_status=_media_status(media.status4k if is_4k else media.status),
        is_4k=is_4k,
        tmdb_id=media.tmdb_id or None,
        tvdb_id=TvdbId(media.tvdb_id) if media.tvdb_id else None,
        server_id=server_id,
        sonarr_series_id=SonarrSeriesId(series_id) if series_id else None,
        seasons=tuple(sorted({season.season_number for season in wire.seasons or ()})),
        created_at=created_at,
        requested_by=_shown_name(wire.requested_by) if keeps_requester else None,
        title_slug=slug or "",
    )


def _sonarr_of(media: _Media, *, is_4k: bool) -> tuple[int | None, int | None, str | None]:
    """Where Seerr sent the media: number of the server, Sonarr's id and slug of the series."""
    if is_4k:
        return media.service_id4k, media.external_service_id4k, media.external_service_slug4k
    return media.service_id, media.external_service_id, media.external_service_slug


def _media(wire: _Media) -> SeerrMedia:
    return SeerrMedia(
        media_id=wire.id,
        tmdb_id=wire.tmdb_id or None,
        tvdb_id=TvdbId(wire.tvdb_id) if wire.tvdb_id else None,
        status=_media_status(wire.status),
        status_4k=_media_status(wire.status4k),
        seasons=tuple(
            SeasonMedia(
                season=season.season_number,
                status=_media_status(season.status),
                status_4k=_media_status(season.status4k),
            )
            for season in wire.seasons or ()
        ),
    )


def _media_status(number: int) -> MediaStatus:
    return _MEDIA_STATUS.get(number, MediaStatus.OTHER)


def _shown_name(user: _User | None) -> str | None:
    """A name, never an address: Seerr's display name falls back to the e-mail address."""
    if user is None:
        return None
    names = (user.username, user.jellyfin_username, user.plex_username, user.display_name)
    return next((n.strip() for n in names if n and n.strip() and "@" not in n), f"user {user.id}")


def _url(server: _Server) -> str:
    scheme = "https" if server.use_ssl else "http"
    base = (server.base_url or "").strip("/")
    return f"{scheme}://{server.hostname}:{server.port}" + (f"/{base}" if base else "")
