"""What may be asked of the program from outside; each answers at once and works elsewhere."""

import logging
from collections.abc import Iterable

from exporter.errors import BadPayload
from exporter.instruments import Instruments
from exporter.model.deletion import DeletionId
from exporter.model.ids import SonarrName
from exporter.model.webhook import WebhookEvent
from exporter.poller.cycle import Poller
from exporter.server.contract import ActionRefusedError, WebhookResult
from exporter.upstream.sonarr.webhook import parse_webhook
from exporter.views.deletion_documents import ExpectedDeletionDocument

log = logging.getLogger(__name__)

_CHANGES_LIST = frozenset({WebhookEvent.SERIES_ADD, WebhookEvent.SERIES_DELETE})


class ActionDesk:
    """What may be asked of the program from outside."""

    def __init__(self, poller: Poller, instruments: Instruments, sonarrs: Iterable[str]) -> None:
        self._poller = poller
        self._instruments = instruments
        self._sonarrs = frozenset(sonarrs)

    async def sonarr_webhook(self, name: str, payload: bytes) -> WebhookResult:
        """Take note of what Sonarr says, and look sooner."""
        if name not in self._sonarrs:
            return WebhookResult.UNKNOWN_SONARR
        try:
            webhook = parse_webhook(payload)
        except BadPayload as error:
            log.warning("webhook of sonarr %s: %s", name, error.message)
            return WebhookResult.MALFORMED
        self._instruments.webhook_accepted(name, webhook.event_word)
        if webhook.event in _CHANGES_LIST:
            self._poller.notice(SonarrName(name), None)
        elif webhook.series is not None:
            self._poller.notice(SonarrName(name), webhook.series.sonarr_id)
        return WebhookResult.ACCEPTED

    async def expect_deletion(self, series: str, dry_run: bool) -> ExpectedDeletionDocument:  # noqa: FBT001, ARG002
        """Announce a deletion."""
        raise ActionRefusedError("deletions are not followed yet")

    async def acknowledge(self, deletion_id: DeletionId) -> bool:  # noqa: ARG002
        """Mark a bad verdict as seen."""
        return False

    async def recheck(self, deletion_id: DeletionId) -> bool:  # noqa: ARG002
        """Make every check due now."""
        return False
