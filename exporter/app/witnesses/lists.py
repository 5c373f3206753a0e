"""Jellyseerr and qBittorrent as witnesses, sharing the lists that the poller reads anyway."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from exporter.app.witnesses.sharing import Sharing
from exporter.model.download import Torrent
from exporter.model.ids import InfoHash, SonarrName
from exporter.model.look import JellyseerrSeen, QbittorrentSeen
from exporter.model.request import MediaRequest
from exporter.model.testimony import SeerrSonarr
from exporter.poller.clients import ClientLedger
from exporter.poller.requests import RequestLedger
from exporter.upstream.jellyseerr.client import JellyseerrClient
from exporter.verifier.systems import JellyseerrTestifier, QbittorrentTestifier


class JellyseerrEyes:
    """Jellyseerr as a witness: a list makes it ask every Sonarr and Radarr that it knows."""

    def __init__(
        self,
        client: JellyseerrClient,
        ledger: RequestLedger,
        *,
        url_by_sonarr: Mapping[SonarrName, str],
        sharing: Sharing,
    ) -> None:
        self._client = client
        self._ledger = ledger
        self._url_by_sonarr = url_by_sonarr
        self._sharing = sharing

    async def look(self, now: datetime) -> JellyseerrSeen:
        """All requests for television.

        Raises:
            UpstreamError: no good and complete answer.
        """
        known = self._ledger.requests.fresh
        began_at = self._sharing.began_at(known, now)
        if known is None or began_at is None:
            return await JellyseerrTestifier(self._client, self._url_by_sonarr).look(now)
        source = _KnownRequests(client=self._client, requests=known.value)
        seen = await JellyseerrTestifier(source, self._url_by_sonarr).look(now)
        return replace(seen, at=began_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class _KnownRequests:
    client: JellyseerrClient
    requests: tuple[MediaRequest, ...]

    async def fetch_requests(self) -> tuple[MediaRequest, ...]:
        return self.requests

    async def fetch_sonarr_servers(self) -> tuple[SeerrSonarr, ...]:
        return await self.client.fetch_sonarr_servers()


class QbittorrentEyes:
    """All download clients together as one witness."""

    def __init__(self, ledgers: Sequence[ClientLedger], sharing: Sharing) -> None:
        self._ledgers = tuple(ledgers)
        self._sharing = sharing

    async def look(self, now: datetime) -> QbittorrentSeen:
        """All torrents of all clients.

        Raises:
            UpstreamError: a client gave no good answer, so there is none of all.
        """
        began = [self._sharing.began_at(ledger.torrents.fresh, now) for ledger in self._ledgers]
        sources = [
            _Torrents(ledger=ledger, is_shared=at is not None)
            for ledger, at in zip(self._ledgers, began, strict=True)
        ]
        seen = await QbittorrentTestifier(sources).look(now)
        return replace(seen, at=min((at for at in began if at is not None), default=now))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Torrents:
    ledger: ClientLedger
    is_shared: bool

    async def fetch_torrents(self) -> Mapping[InfoHash, Torrent]:
        known = self.ledger.torrents.fresh
        if self.is_shared and known is not None:
            return known.value
        return await self.ledger.source.fetch_torrents()
