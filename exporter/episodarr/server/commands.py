"""Commands from outside: webhooks and actions of the API, handed to the parts that act."""

import logging
from collections.abc import Callable, Iterable

from episodarr.deletions.service.service import Deletions
from episodarr.errors import BadPayload
from episodarr.instruments import Instruments
from episodarr.model.deletion import DeletionId
from episodarr.model.ids import SeriesKey, SonarrName, SonarrSeriesId, TvdbId
from episodarr.model.inventory import PartMissing
from episodarr.model.webhook import WebhookEvent
from episodarr.server.contract import ActionRefusedError, WebhookResult
from episodarr.systems.sonarr.webhook import parse_webhook
from episodarr.views.deletion_documents import ExpectedDeletionDocument
from episodarr.views.expected_deletion import expected_deletion_document

log = logging.getLogger(__name__)

_CHANGES_LIST = frozenset({WebhookEvent.SERIES_ADD, WebhookEvent.SERIES_DELETE})


class Commands:
    """Commands from outside: webhooks and actions of the API."""

    def __init__(
        self,
        notice: Callable[[SonarrName, SonarrSeriesId | None], None],
        instruments: Instruments,
        sonarrs: Iterable[str],
        deletions: Deletions,
    ) -> None:
        """`notice` has a series, or with None the whole list of a Sonarr, read sooner."""
        self._notice = notice
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
        await self._deletions.webhook(SonarrName(name), webhook)
        if webhook.event in _CHANGES_LIST:
            self._notice(SonarrName(name), None)
        elif webhook.series is not None:
            self._notice(SonarrName(name), webhook.series.sonarr_id)
        return WebhookResult.ACCEPTED

    async def expect_deletion(self, series: str, dry_run: bool) -> ExpectedDeletionDocument:  # noqa: FBT001 fixed by the server's contract
        """Take a fresh inventory and, unless a dry run, announce the deletion.

        Raises:
            ActionRefusedError: deletions are unknown, or Sonarr does not list the series now.
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
        return expected_deletion_document(
            report.inventory,
            report.witnesses,
            expires_at=report.expires_at,
            is_dry_run=report.is_dry_run,
        )

    async def acknowledge(self, deletion_id: DeletionId) -> bool:
        """Mark how a deletion ended as seen; False if there is no such deletion."""
        return await self._following().acknowledge(deletion_id)

    async def recheck(self, deletion_id: DeletionId) -> bool:
        """Make every check due now; False if there is no such deletion."""
        return await self._following().recheck(deletion_id)

    def _following(self) -> Deletions:
        if self._deletions.reports.unknown is not None:
            raise ActionRefusedError(
                f"Deletions are unknown, for their log cannot be read: {self._deletions.reports.unknown}. "
                "It is read again until it can be: try again then."
            )
        return self._deletions
