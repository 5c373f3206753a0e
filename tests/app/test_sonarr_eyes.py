"""A Sonarr as a witness keeps nothing twice, and nothing of what is gone."""

import asyncio
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import cast

from exporter.app.witnesses import SonarrEyes
from exporter.join.series import SeriesDetail
from exporter.model.download import HistoryRecord
from exporter.model.ids import SonarrSeriesId
from exporter.model.library import Episode, EpisodeFile
from exporter.poller.kept import Looks
from exporter.poller.sonarr import SonarrLedger
from exporter.upstream.sonarr.client import SonarrClient
from tests.library import a_file, a_series, an_episode

NOW = datetime(2026, 1, 31, 18, 0, tzinfo=UTC)
SERIES = a_series(7)
KEY, ID = SERIES.key, SERIES.sonarr_id


def episodes() -> tuple[Episode, ...]:
    return (an_episode(1), an_episode(2))


def files() -> tuple[EpisodeFile, ...]:
    return (a_file(1), a_file(2))


class Client:
    """Gives objects of its own each time, as an answer that is decoded does."""

    async def fetch_root_folders(self) -> tuple[SimpleNamespace, ...]:
        return (SimpleNamespace(path="/tv"),)

    async def fetch_episodes(self, _series_id: SonarrSeriesId) -> tuple[Episode, ...]:
        return episodes()

    async def fetch_episode_files(self, _series_id: SonarrSeriesId) -> tuple[EpisodeFile, ...]:
        return files()

    async def fetch_history_of_series(
        self, _series_id: SonarrSeriesId
    ) -> tuple[HistoryRecord, ...]:
        return ()


def seen() -> tuple[SonarrEyes, SonarrLedger]:
    """A witness that was made to ask, for what the ledger holds too."""
    detail = SeriesDetail(
        episodes=episodes(), file_by_id={f.file_id: f for f in files()}, read_at=NOW
    )
    ledger = cast(
        "SonarrLedger",
        SimpleNamespace(
            details={ID: detail},
            looks=Looks(),
            series=SimpleNamespace(last={ID: SERIES}),
            wanted={},
            library_asked_at=None,
        ),
    )
    eyes = SonarrEyes(
        cast("SonarrClient", Client()), ledger, clock=lambda: NOW, settling=timedelta(minutes=2)
    )

    async def look() -> None:
        eyes.demand(ID)
        taken = await eyes.holding(SERIES, NOW)
        assert len(taken.value.files) == 2
        await eyes.torrents(SERIES)

    asyncio.run(look())
    return eyes, ledger


def test_what_it_asked_for_itself_is_kept_as_the_objects_that_the_poller_holds() -> None:
    eyes, ledger = seen()
    detail = ledger.details[ID]
    assert eyes._held[KEY].episodes is detail.episodes
    assert eyes._held[KEY].file_by_id is detail.file_by_id


def test_what_is_gone_is_forgotten_and_what_is_there_is_not() -> None:
    eyes, ledger = seen()
    eyes.keep_only({KEY})
    assert (set(eyes._held), set(eyes._hashes)) == ({KEY}, {ID})
    assert ledger.series.last is not None
    ledger.series.last.clear()
    eyes.keep_only(set())
    assert (eyes._held, eyes._hashes) == ({}, {})
