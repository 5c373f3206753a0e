"""Commands from outside: webhooks and actions of the API, handed to the parts that act."""

import logging
from collections.abc import Iterable

from episodarr.cycle.run import Poller
from episodarr.deletions.service.commands import AnnouncementReport
from episodarr.deletions.service.service import Deletions
from episodarr.deletions.systems import VERIFIED
from episodarr.errors import BadPayload
from episodarr.instruments import Instruments
from episodarr.model.deletion import EPISODE_SYSTEMS, DeletionId
from episodarr.model.health import System
from episodarr.model.ids import EpisodeNumber, SeriesKey, SonarrName, TvdbId, episode_code
from episodarr.model.inventory import PartMissing, SeriesInventory
from episodarr.model.webhook import WebhookEvent
from episodarr.server.contract import ActionRefusedError, WebhookResult
from episodarr.systems.sonarr.webhook import parse_webhook
from episodarr.views.deletion_documents import (
    ExpectedDeletionDocument,
    InventoriedEpisodeDocument,
    WitnessDocument,
)
from episodarr.views.documents import series_id

log = logging.getLogger(__name__)

_CHANGES_LIST = frozenset({WebhookEvent.SERIES_ADD, WebhookEvent.SERIES_DELETE})


class Commands:
    """Commands from outside: webhooks and actions of the API."""

    def __init__(
        self,
        poller: Poller,
        instruments: Instruments,
        sonarrs: Iterable[str],
        deletions: Deletions | None = None,
    ) -> None:
        self._poller = poller
        self._instruments = instruments
        self._sonarrs = frozenset(sonarrs)
        self._deletions = deletions

    async def sonarr_webhook(self, name: str, payload: bytes) -> WebhookResult:
        """Accept a webhook of Sonarr, and read sooner."""
        if name not in self._sonarrs:
            return WebhookResult.UNKNOWN_SONARR
        try:
            webhook = parse_webhook(payload)
        except BadPayload as error:
            log.warning("webhook of sonarr %s: %s", name, error.message)
            return WebhookResult.MALFORMED
        self._instruments.webhook_accepted(name, webhook.event_word)
        if self._deletions is not None:
            await self._deletions.webhook(SonarrName(name), webhook)
        if webhook.event in _CHANGES_LIST:
            self._poller.notice(SonarrName(name), None)
        elif webhook.series is not None:
            self._poller.notice(SonarrName(name), webhook.series.sonarr_id)
        return WebhookResult.ACCEPTED

    async def expect_deletion(self, series: str, dry_run: bool) -> ExpectedDeletionDocument:  # noqa: FBT001 fixed by the server's contract
        """Take a fresh inventory and, unless a dry run, announce the deletion.

        Raises:
            ActionRefusedError: deletions are not followed, or Sonarr does not list the series now.
        """
        sonarr, _, tvdb_id = series.rpartition(":")
        deletions = self._following()
        found = deletions.series(SeriesKey(SonarrName(sonarr), TvdbId(int(tvdb_id))))
        if found is None:
            raise ActionRefusedError(f"Sonarr does not list {series} any more.")
        report = await deletions.announce(found, is_dry_run=dry_run)
        if isinstance(report.inventory.sonarr, PartMissing):
            raise ActionRefusedError(
                f"Sonarr could not be asked for the files: {report.inventory.sonarr.message}"
            )
        return _expected(report)

    async def acknowledge(self, deletion_id: DeletionId) -> bool:
        """Mark a bad verdict as seen; False if there is no such deletion."""
        return await self._following().acknowledge(deletion_id)

    async def recheck(self, deletion_id: DeletionId) -> bool:
        """Make every check due now; False if there is no such deletion."""
        return await self._following().recheck(deletion_id)

    def _following(self) -> Deletions:
        if self._deletions is None:
            raise ActionRefusedError("Deletions are not followed here.")
        if self._deletions.reports.unknown is not None:
            raise ActionRefusedError(
                f"Deletions are unknown, for their log cannot be read: {self._deletions.reports.unknown}. "
                "It is read again until it can be: try again then."
            )
        return self._deletions


def _expected(report: AnnouncementReport) -> ExpectedDeletionDocument:
    inventory = report.inventory
    witnesses = [
        WitnessDocument(
            system=one.system.value,
            can_testify=one.is_witness,
            episodes_seen=one.held_count,
            sentence=one.sentence,
        )
        for one in report.witnesses
    ]
    notes = []
    if report.expires_at is not None:
        notes.append(f"It counts as announced until {report.expires_at:%Y-%m-%d %H:%M} UTC.")
    if not any(one.is_witness for one in report.witnesses if one.system is not System.SONARR):
        notes.append("No system besides Sonarr could prove it gone: it would end unverified.")
    return ExpectedDeletionDocument(
        series_id=series_id(inventory.key),
        series=inventory.title,
        deletion_id=None,
        is_dry_run=report.is_dry_run,
        episodes=_episodes(inventory),
        witnesses=witnesses,
        notes=notes,
    )


def _episodes(inventory: SeriesInventory) -> list[InventoriedEpisodeDocument]:
    seen_by = _seen_by(inventory)
    pairs = ((number, file) for file in inventory.files for number in file.episodes)
    rows = sorted(pairs, key=lambda pair: pair[0])
    return [
        InventoriedEpisodeDocument(
            season=number[0],
            episode=number[1],
            code=episode_code(*number),
            path=file.path,
            size_bytes=file.size_bytes,
            seen_by=[system.value for system in seen_by.get(number, ())],
        )
        for number, file in rows
    ]


def _seen_by(inventory: SeriesInventory) -> dict[EpisodeNumber, list[System]]:
    """Which systems besides Sonarr showed each episode."""
    rows = (VERIFIED[system] for system in EPISODE_SYSTEMS if system is not System.SONARR)
    shown = [(row.system, row.episodes(inventory)) for row in rows if row.episodes is not None]
    every = {number for _, numbers in shown for number in numbers}
    return {n: [system for system, numbers in shown if n in numbers] for n in every}
