"""The body of one of Sonarr's webhooks as a record. Pure; knows nothing of HTTP and secrets.

Sonarr omits nulls and adds fields from version to version, so only what makes a webhook one at all is
required: `eventType`, and inside a series, an episode or a file the numbers and paths it is known by.
An event of an unknown kind is accepted: it is counted, and brings no fetch forward.

Source: Sonarr v4.0.19 `NzbDrone.Core/Notifications/Webhook`.
"""

import msgspec

from episodarr.errors import BadPayload
from episodarr.model.download import DeleteReason
from episodarr.model.ids import SonarrSeriesId, TvdbId
from episodarr.model.webhook import (
    SonarrWebhook,
    WebhookEpisode,
    WebhookEvent,
    WebhookFile,
    WebhookSeries,
)
from episodarr.systems.payload import Int64, decode
from episodarr.systems.sonarr.wire.fields import Wire, snake_member

ENDPOINT = "webhook"
"""The name that errors carry."""


class _Series(Wire):
    id: Int64
    tvdb_id: Int64 | None = None
    title: str | None = None


class _Episode(Wire):
    season_number: Int64
    episode_number: Int64


class _File(Wire):
    relative_path: str | None = None
    path: str | None = None
    recycle_bin_path: str | None = None


class _Webhook(Wire):
    event_type: str
    series: _Series | None = None
    episodes: list[_Episode] | None = None
    episode_file: _File | None = None
    deleted_files: bool | list[msgspec.Raw] | None = None
    """A flag of SeriesDelete; the replaced files of an upgrade's Download."""
    delete_reason: str | None = None


def parse_webhook(body: bytes) -> SonarrWebhook:
    """The event of the webhook; of an unknown kind, at least its `eventType`.

    Raises:
        BadPayload: the body is no webhook of Sonarr's; `path` is the place of the error.
    """
    wire = decode(ENDPOINT, body, _Webhook)
    if not wire.event_type:
        raise BadPayload(ENDPOINT, "the event has no name", path="$.eventType")
    return SonarrWebhook(
        event=snake_member(WebhookEvent, wire.event_type, WebhookEvent.OTHER),
        event_word=wire.event_type,
        series=_series(wire.series) if wire.series is not None else None,
        episodes=tuple(
            WebhookEpisode(season=episode.season_number, episode=episode.episode_number)
            for episode in wire.episodes or ()
        ),
        file=_file(wire.episode_file) if wire.episode_file is not None else None,
        are_files_deleted=wire.deleted_files if isinstance(wire.deleted_files, bool) else None,
        delete_reason=snake_member(DeleteReason, wire.delete_reason or "", DeleteReason.OTHER),
    )


def _series(wire: _Series) -> WebhookSeries:
    return WebhookSeries(
        sonarr_id=SonarrSeriesId(wire.id),
        tvdb_id=TvdbId(wire.tvdb_id) if wire.tvdb_id else None,
        title=wire.title or "",
    )


def _file(wire: _File) -> WebhookFile:
    if not wire.path and not wire.relative_path:
        raise BadPayload(ENDPOINT, "a file without any path", path="$.episodeFile.relativePath")
    return WebhookFile(path=wire.path or "", recycled_path=wire.recycle_bin_path or "")
