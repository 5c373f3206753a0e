"""What the download clients list, as evidence of deletions."""

from datetime import UTC, datetime, timedelta

import pytest

from episodarr.errors import BadPayload, NotFound, TimedOut
from episodarr.model.download import Torrent, TorrentFile, TorrentsByHash, TorrentState
from episodarr.model.ids import InfoHash
from episodarr.systems.freshness import AnswerFreshness
from episodarr.systems.qbittorrent.evidence import QbittorrentEvidence
from episodarr.systems.qbittorrent.state import ClientState
from tests.stages.test_episode_download import a_torrent


class Client:
    """A client whose torrents a test takes away and gives back."""

    def __init__(self) -> None:
        self.torrents: dict[InfoHash, Torrent] = {}
        self.error: TimedOut | None = None

    async def fetch_torrents(self) -> TorrentsByHash:
        if self.error is not None:
            raise self.error
        return TorrentsByHash(self.torrents)

    async def fetch_files(self, info_hash: InfoHash) -> tuple[TorrentFile, ...]:
        raise NotFound("files", f"{info_hash} has none")

    async def fetch_version(self) -> str:
        return "5.1.0"

    async def aclose(self) -> None:
        return None


async def test_an_empty_client_in_place_of_one_with_torrents_proves_nothing_at_first() -> None:
    """Seeds that were complete vanished without a doubt: they were called gone at once."""
    now = datetime(2026, 11, 29, tzinfo=UTC)
    client = Client()
    state = ClientState("main", client, clock=lambda: now)
    evidence = QbittorrentEvidence([state], AnswerFreshness(timedelta()), clock=lambda: now)
    seeds = {
        h: a_torrent(info_hash=h, state=TorrentState.SEEDING)
        for h in (InfoHash("a" * 40), InfoHash("b" * 40))
    }
    client.torrents = dict(seeds)
    await state.read()
    assert len((await evidence.check(now)).torrent_by_hash) == 2
    client.torrents = {}
    for minutes in (1, 5, 8):
        now += timedelta(minutes=minutes)
        if minutes == 5:
            await state.read()  # The cycles may believe it; what lingers was there.
        with pytest.raises(BadPayload, match="still the same client"):
            await evidence.check(now)
    now += timedelta(minutes=6)
    assert (await evidence.check(now)).torrent_by_hash == {}
    client.torrents = dict(seeds)
    now += timedelta(minutes=6)
    assert len((await evidence.check(now)).torrent_by_hash) == 2


async def test_all_clients_are_one_witness_and_one_that_fails_fails_it() -> None:
    now = datetime(2026, 11, 29, tzinfo=UTC)
    clients = {name: Client() for name in "ab"}
    for name, client in clients.items():
        hybrid = a_torrent(info_hash=InfoHash(name * 40), other_hashes=(InfoHash("1" + name * 39),))
        client.torrents = {hybrid.info_hash: hybrid}
    states = [ClientState(name, client, clock=lambda: now) for name, client in clients.items()]
    evidence = QbittorrentEvidence(states, AnswerFreshness(), clock=lambda: now)
    seen = await evidence.check(now)
    assert set(seen.torrent_by_hash) == {"a" * 40, "1" + "a" * 39, "b" * 40, "1" + "b" * 39}
    clients["b"].error = TimedOut("maindata", "slow")
    with pytest.raises(TimedOut):
        await evidence.check(now)
