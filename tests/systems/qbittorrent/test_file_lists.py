"""File lists are dear for the client: few at a time, in turn, and only where they tell something."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import override

from msgspec.structs import replace

from episodarr.errors import NotFound, ServerFailed
from episodarr.model.download import Torrent, TorrentFile, TorrentsByHash, TorrentState
from episodarr.model.ids import InfoHash
from episodarr.systems.qbittorrent.state import FILE_LISTS_PER_CYCLE, NAMES_STALE_AFTER, ClientState
from tests.rig import DrivenClock

SIZE = 1_000


def a_hash(number: int) -> InfoHash:
    return InfoHash(f"{number:040x}")


def a_torrent(number: int, completed: int, *, has_metadata: bool = True) -> Torrent:
    return Torrent(
        client="main",
        info_hash=a_hash(number),
        other_hashes=(),
        name=f"Show S{number:02d}",
        state=TorrentState.DOWNLOADING,
        size_bytes=SIZE if has_metadata else 0,
        completed_bytes=completed,
        remaining_bytes=SIZE - completed,
        progress_ratio=completed / SIZE,
        received_bytes=completed,
        eta_seconds=None,
        connected_seeds=1,
        swarm_seeds=1,
        has_metadata=has_metadata,
        added_at=None,
        completed_at=None,
        last_activity_at=None,
    )


class Client:
    """A client that writes down which file lists it was asked for, and how many at once."""

    def __init__(self, torrents: Mapping[int, int]) -> None:
        self.torrents = {a_hash(n): a_torrent(n, done) for n, done in torrents.items()}
        self.gone: set[InfoHash] = set()
        self.refuses_after: int | None = None
        self.asked: list[int] = []
        self.progress = 0.0
        self._under_way = 0
        self.most_at_once = 0

    async def fetch_version(self) -> str:
        return "5.1.4"

    async def fetch_torrents(self) -> TorrentsByHash:
        return TorrentsByHash(self.torrents)

    async def fetch_files(self, info_hash: InfoHash) -> tuple[TorrentFile, ...]:
        self.asked.append(int(info_hash, 16))
        self._under_way += 1
        self.most_at_once = max(self.most_at_once, self._under_way)
        await asyncio.sleep(0)
        self._under_way -= 1
        if self.refuses_after is not None and len(self.asked) > self.refuses_after:
            raise ServerFailed("files", "status 500")
        if info_hash in self.gone:
            raise NotFound("files", "it is gone")
        return tuple(
            TorrentFile(
                index=i,
                path=f"E{i}.mkv",
                size_bytes=500,
                progress_ratio=self.progress,
                is_wanted=True,
            )
            for i in range(2)
        )

    async def aclose(self) -> None:
        pass

    def move(self, number: int, completed: int) -> None:
        self.torrents = {**self.torrents, a_hash(number): a_torrent(number, completed)}


class Nameless(Client):
    """One whose version cannot be read."""

    @override
    async def fetch_version(self) -> str:
        raise ServerFailed("version", "status 500")


class Watch:
    """The state of one client, and what each of its reads asked for."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.clock = DrivenClock()
        self.state = ClientState("main", client, clock=self.clock)

    async def read(self) -> list[int]:
        self.client.asked = []
        await self.state.read()
        await self.state.read_files(self.client.torrents.keys())
        return self.client.asked


async def test_at_most_so_many_a_cycle_one_after_the_other_and_the_rest_in_the_next() -> None:
    watch = Watch(Client(dict.fromkeys(range(1, 2 * FILE_LISTS_PER_CYCLE + 6), 1)))
    health = [await watch.read() for _ in range(4)]
    assert [len(asked) for asked in health] == [FILE_LISTS_PER_CYCLE, FILE_LISTS_PER_CYCLE, 5, 0]
    assert sorted(health[0] + health[1] + health[2]) == list(range(1, 2 * FILE_LISTS_PER_CYCLE + 6))
    assert watch.client.most_at_once == 1


async def test_a_client_that_does_not_say_its_version_is_asked_for_the_rest() -> None:
    watch = Watch(Nameless({1: 10}))
    assert await watch.read() == [1]
    assert not watch.state.torrents.is_failing
    assert list(watch.state.health.failures) == ["version"]


async def test_those_that_moved_most_since_their_last_list_come_first() -> None:
    watch = Watch(Client({1: 10, 2: 10, 3: 10, 4: 10}))
    await watch.read()
    for number, completed in ((1, 20), (2, 900), (3, 300)):
        watch.client.move(number, completed)
    assert await watch.read() == [2, 3, 1]


async def test_a_slow_torrent_is_not_overtaken_for_ever() -> None:
    numbers = range(1, FILE_LISTS_PER_CYCLE + 2)
    watch = Watch(Client(dict.fromkeys(numbers, 0)))
    await watch.read()
    await watch.read()
    slow, done = numbers[-1], 0
    seen: list[int] = []
    for step in range(1, 12):
        done += 10
        for number in numbers:
            watch.client.move(number, step if number == slow else done)
        seen += await watch.read()
    assert slow in seen


async def test_what_is_complete_or_has_no_metadata_is_not_asked_for() -> None:
    watch = Watch(Client({1: SIZE, 2: 500}))
    watch.client.torrents[a_hash(3)] = a_torrent(3, 0, has_metadata=False)
    assert await watch.read() == [2]


async def test_a_file_renamed_without_a_byte_is_seen_after_a_while() -> None:
    watch = Watch(Client({1: 500}))
    assert await watch.read() == [1]
    assert await watch.read() == []
    watch.clock.push(seconds=(NAMES_STALE_AFTER + timedelta(seconds=1)).total_seconds())
    assert await watch.read() == [1]


async def test_a_torrent_that_went_meanwhile_does_not_keep_the_others_waiting() -> None:
    watch = Watch(Client({1: 300, 2: 200}))
    watch.client.gone = {a_hash(1)}
    assert await watch.read() == [1, 2]
    assert watch.state.file_lists.keys() == {a_hash(2)}
    assert watch.state.health.is_up


async def test_a_client_that_fails_is_not_asked_for_the_rest() -> None:
    watch = Watch(Client(dict.fromkeys(range(1, 11), 500)))
    watch.client.refuses_after = 2
    assert len(await watch.read()) == 3
    assert len(watch.state.file_lists) == 2
    assert not watch.state.health.is_up


async def test_what_is_checked_is_not_asked_for_and_keeps_its_list() -> None:
    """The progress of its files may be that of the check."""
    watch = Watch(Client({1: 500}))
    assert await watch.read() == [1]
    torrent = a_torrent(1, 0)
    watch.client.torrents = {torrent.info_hash: replace(torrent, state=TorrentState.CHECKING)}
    assert await watch.read() == []
    assert watch.state.file_lists.keys() == {a_hash(1)}


async def test_files_that_fell_back_while_their_torrent_did_not_are_asked_for_again() -> None:
    """A check that began between two requests shows its own progress for that of the files."""
    watch = Watch(Client({1: 500}))
    watch.client.progress = 0.5
    assert await watch.read() == [1]
    watch.client.move(1, 501)
    watch.client.progress = 0.0
    assert await watch.read() == [1]
    assert watch.state.file_lists[a_hash(1)].files[0].progress_ratio == 0.5
    assert await watch.read() == [1], "what is listed twice is believed"
    assert watch.state.file_lists[a_hash(1)].files[0].progress_ratio == 0.0
    assert await watch.read() == []


async def test_a_torrent_whose_wanted_size_changed_is_asked_for_at_once() -> None:
    watch = Watch(Client({1: 500}))
    assert await watch.read() == [1]
    torrent = a_torrent(1, 500)
    watch.client.torrents = {torrent.info_hash: replace(torrent, size_bytes=500)}
    assert await watch.read() == [1]
    assert await watch.read() == []


async def listed(watch: Watch) -> set[InfoHash]:
    await watch.read()
    return set(watch.state.torrents.last or ())


async def test_a_torrent_missing_while_its_client_may_reload_stays_for_a_minute_and_no_longer() -> (
    None
):
    watch = Watch(Client({1: 500, 2: 500}))
    assert await listed(watch) == {a_hash(1), a_hash(2)}
    first, second = a_torrent(1, 500), a_torrent(2, 500)
    checking = replace(first, state=TorrentState.CHECKING)
    watch.client.torrents = {first.info_hash: checking}
    assert await listed(watch) == {a_hash(1), a_hash(2)}
    watch.clock.push(seconds=61)
    assert await listed(watch) == {a_hash(1)}
    assert second.info_hash in watch.state.departed
    watch.client.torrents = {first.info_hash: first, second.info_hash: second}
    assert await listed(watch) == {a_hash(1), a_hash(2)}
    assert not watch.state.departed
    watch.clock.push(seconds=61)
    watch.client.torrents = {first.info_hash: first}
    assert await listed(watch) == {a_hash(1)}, "a client that is well is believed at once"


async def test_a_torrent_that_got_another_hash_is_not_kept_under_its_former_one() -> None:
    watch = Watch(Client({1: 500}))
    assert await listed(watch) == {a_hash(1)}
    hybrid = replace(a_torrent(2, 500), other_hashes=(a_hash(1),), state=TorrentState.CHECKING)
    watch.client.torrents = {hybrid.info_hash: hybrid}
    assert await listed(watch) == {a_hash(2)}
