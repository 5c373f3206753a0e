"""What one Sonarr has, as evidence: nothing is kept twice, and nothing of what is gone."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import override

import pytest
from msgspec.structs import replace

from episodarr.errors import BadPayload, TimedOut
from episodarr.model.download import HistoryEvent, HistoryRecord
from episodarr.model.ids import DownloadId, SonarrEpisodeId, SonarrSeriesId, identity_of
from episodarr.model.library import Episode, EpisodeFile, Series
from episodarr.model.records import Records, Unread
from episodarr.systems.sonarr.evidence import SonarrEvidence
from episodarr.systems.sonarr.state import SonarrState
from tests.library import a_file, a_season, a_series, an_episode
from tests.systems.sonarr.test_sonarr_restart import Sonarr

NOW = datetime(2026, 1, 31, 18, 0, tzinfo=UTC)
SERIES = a_series(7)
KEY, ID = SERIES.key, SERIES.sonarr_id


def episodes() -> tuple[Episode, ...]:
    return (an_episode(1), an_episode(2))


def files() -> tuple[EpisodeFile, ...]:
    return (a_file(1), a_file(2))


class Client(Sonarr):
    """Gives objects of its own each time, as an answer that is decoded does."""

    def __init__(self) -> None:
        super().__init__()
        self.root_requests = 0
        self.files = files()
        self.episodes = episodes()
        self.library: tuple[Series, ...] = (SERIES,)

    @override
    async def fetch_root_folders(self) -> tuple[str, ...]:
        self.root_requests += 1
        return ("/tv", "/anime")

    @override
    async def fetch_recycle_bin(self) -> str:
        raise TimedOut("config", "slow")

    @override
    async def fetch_series(self) -> tuple[Series, ...]:
        return self.library

    @override
    async def fetch_episodes(self, _series_id: SonarrSeriesId) -> tuple[Episode, ...]:
        return tuple(replace(episode) for episode in self.episodes)

    @override
    async def fetch_episode_files(self, _series_id: SonarrSeriesId) -> tuple[EpisodeFile, ...]:
        return self.files


def listing(client: Client) -> SonarrState:
    """A state whose poller has read the list of series, and no episodes yet."""
    state = SonarrState(SERIES.key.sonarr, client, clock=lambda: NOW)
    state.library.series.succeed({ID: SERIES}, NOW)
    return state


def evidence_of(state: SonarrState) -> SonarrEvidence:
    return SonarrEvidence(state, clock=lambda: NOW, settling=timedelta(minutes=2))


def asking(client: Client) -> SonarrEvidence:
    """Evidence of a Sonarr whose poller has read no episodes yet."""
    return evidence_of(listing(client))


async def seen() -> tuple[SonarrEvidence, SonarrState]:
    """Evidence that was made to ask for what the poller has read too."""
    client = Client()
    state = listing(client)
    sonarr_evidence = evidence_of(state)
    await state.details.read([ID])
    sonarr_evidence.demand(ID)
    taken = await sonarr_evidence.holding(SERIES, NOW)
    assert len(taken.value.files) == 2
    await sonarr_evidence.torrents(SERIES)
    return sonarr_evidence, state


async def test_what_it_asked_for_itself_is_kept_as_the_objects_that_the_poller_holds() -> None:
    sonarr_evidence, state = await seen()
    detail = state.details[ID]
    assert sonarr_evidence._held[KEY].episodes is detail.episodes
    assert sonarr_evidence._held[KEY].file_by_id is detail.file_by_id


async def test_what_is_gone_is_forgotten_and_what_is_there_is_not() -> None:
    sonarr_evidence, state = await seen()
    sonarr_evidence.keep_only({KEY})
    assert (set(sonarr_evidence._held), set(sonarr_evidence._hashes)) == ({KEY}, {KEY})
    state.library.series.succeed({}, NOW)
    sonarr_evidence.keep_only(set())
    assert (sonarr_evidence._held, sonarr_evidence._hashes) == ({}, {})


async def test_its_files_come_with_their_episodes_and_its_folders_are_asked_for_once() -> None:
    client = Client()
    sonarr_evidence = asking(client)
    held = await sonarr_evidence.holding(SERIES, NOW)
    assert held.is_complete
    assert [f.episodes for f in held.value.files] == [((1, 1),), ((1, 2),)]
    assert held.value.server_id == identity_of(["/tv", "/anime"])
    assert held.value.recycle_bin == "", "an inventory does not fail for it"
    await sonarr_evidence.holding(SERIES, NOW + timedelta(minutes=5))
    assert client.root_requests == 1


async def test_an_episode_whose_file_is_not_listed_makes_no_inventory() -> None:
    client = Client()
    client.files = files()[:1]
    with pytest.raises(BadPayload):
        await asking(client).holding(SERIES, NOW)


async def test_a_file_record_that_cannot_be_read_makes_the_inventory_incomplete() -> None:
    client = Client()
    odd = Unread(endpoint="episodefile", place="$[2]", message="odd", key=77)
    client.files = Records(files(), [odd])
    assert not (await asking(client).holding(SERIES, NOW)).is_complete


async def test_its_torrents_are_those_it_grabbed_or_imported() -> None:
    client = Client()
    rows = (
        (HistoryEvent.GRABBED, "A" * 40),
        (HistoryEvent.IMPORTED, "a" * 40),
        (HistoryEvent.GRABBED, "SABnzbd_1"),
        (HistoryEvent.FAILED, "b" * 40),
        (HistoryEvent.FILE_DELETED, None),
    )
    client.history = tuple(
        HistoryRecord(
            record_id=n,
            series_id=ID,
            episode_id=SonarrEpisodeId(1),
            event=event,
            at=NOW,
            source_title="",
            download_id=None if download_id is None else DownloadId(download_id),
        )
        for n, (event, download_id) in enumerate(rows)
    )
    assert await asking(client).torrents(SERIES) == {"a" * 40}


@pytest.mark.parametrize(("others", "identity"), [(1, ""), (0, identity_of(["/tv", "/anime"]))])
async def test_its_identity_is_asked_for_only_where_nothing_else_compares(
    others: int, identity: str
) -> None:
    client = Client()
    client.library = (SERIES, a_series(8))[: 1 + others]
    seen = await asking(client).library(NOW)
    assert seen.server_id == identity
    assert len(seen.sonarr_id_by_tvdb_id) == 1 + others


async def test_an_identity_of_an_hour_serves_an_inventory_and_no_check() -> None:
    """Another Sonarr may have come to the address."""
    client, now = Client(), NOW
    evidence = SonarrEvidence(
        listing(client),
        clock=lambda: now,
        settling=timedelta(minutes=2),
    )
    await evidence.holding(SERIES, now)
    now += timedelta(minutes=11)
    await evidence.holding(SERIES, now)
    assert client.root_requests == 1
    await evidence.library(now)
    assert client.root_requests == 2


async def test_its_files_by_episode_are_those_that_episodes_name() -> None:
    client = Client()
    client.episodes = (an_episode(1), replace(an_episode(2), file_id=None))
    found = await asking(client).files(ID)
    assert found.file_id_by_episode == {(1, 1): an_episode(1).file_id}


async def test_a_file_whose_record_cannot_be_read_is_still_there() -> None:
    client = Client()
    odd = Unread(endpoint="episodefile", place="$[2]", message="odd", key=77)
    client.files = Records(files(), [odd])
    found = await asking(client).files(ID)
    assert found.file_ids == {*(file.file_id for file in files()), 77}
    client.files = Records(
        files(), [Unread(endpoint="episodefile", place="$[2]", message="odd", key=None)]
    )
    with pytest.raises(BadPayload):
        await asking(client).files(ID)


ANOTHER = replace(SERIES, key=a_series(8).key)
"""It has the number of the first one since a backup was restored."""


class Overtaken(Client):
    """Something happens after an answer was made and before it comes."""

    def __init__(self) -> None:
        super().__init__()
        self.meanwhile: Callable[[], None] = lambda: None

    @override
    async def fetch_episodes(self, series_id: SonarrSeriesId) -> tuple[Episode, ...]:
        episodes = await super().fetch_episodes(series_id)
        self.meanwhile()
        return episodes

    @override
    async def fetch_history_of_series(self, series_id: SonarrSeriesId) -> tuple[HistoryRecord, ...]:
        records = await super().fetch_history_of_series(series_id)
        self.meanwhile()
        return records


def a_grab(info_hash: str) -> HistoryRecord:
    return HistoryRecord(
        record_id=1,
        series_id=ID,
        episode_id=SonarrEpisodeId(1),
        event=HistoryEvent.GRABBED,
        at=NOW,
        source_title="",
        download_id=DownloadId(info_hash),
    )


async def test_a_file_that_is_renamed_while_an_inventory_is_taken_is_in_the_next() -> None:
    """Its episodes, its number and the counts of its series stay."""
    client = Overtaken()
    series = replace(SERIES, seasons=(a_season(files=2, size_bytes=2),))
    state = listing(client)
    state.library.series.succeed({ID: series}, NOW)
    sonarr_evidence = evidence_of(state)
    await state.details.read([ID])
    sonarr_evidence.demand(ID)

    def rename() -> None:
        client.files = tuple(replace(file, path=f"{file.path}!") for file in files())
        sonarr_evidence.demand(ID)

    client.meanwhile = rename
    await sonarr_evidence.holding(series, NOW)
    client.meanwhile = lambda: None
    held = await sonarr_evidence.holding(series, NOW)
    assert [file.path for file in held.value.files] == [file.path for file in client.files]


async def test_a_torrent_that_came_while_the_history_was_under_way_is_among_them() -> None:
    client = Overtaken()
    client.history = (a_grab("a" * 40),)
    sonarr_evidence = asking(client)
    client.meanwhile = lambda: sonarr_evidence.note(a_grab("b" * 40))
    assert await sonarr_evidence.torrents(SERIES) == {"a" * 40, "b" * 40}
    assert await sonarr_evidence.torrents(SERIES) == {"a" * 40, "b" * 40}


async def test_the_torrents_of_a_series_are_not_those_of_another_with_its_number() -> None:
    client = Client()
    client.history = (a_grab("a" * 40),)
    sonarr_evidence = asking(client)
    await sonarr_evidence.torrents(SERIES)
    client.history = (a_grab("b" * 40),)
    assert await sonarr_evidence.torrents(ANOTHER) == {"b" * 40}


@pytest.mark.parametrize("is_known_before", [True, False])
async def test_the_files_of_a_series_are_not_those_of_another_with_its_number(
    is_known_before: bool,
) -> None:
    client = Overtaken()
    state = listing(client)

    def list_another() -> None:
        state.library.series.succeed({ID: ANOTHER}, NOW)

    if is_known_before:
        list_another()
    client.meanwhile = list_another
    with pytest.raises(BadPayload, match="another series"):
        await evidence_of(state).holding(SERIES, NOW)
