"""What is read again is the same object wherever it says the same."""

from datetime import UTC, datetime, timedelta

from episodarr.model.ids import EpisodeFileId, SonarrSeriesId
from episodarr.model.records import Records, Unread
from episodarr.stages.inputs import SeriesDetail
from episodarr.systems.sonarr.details import FORMER_PATHS, FileById, FormerPaths, renewed
from tests.library import a_file, an_episode
from tests.replacing import replace

NOW = datetime(2026, 1, 31, 18, 0, tzinfo=UTC)


def read(*titles: str, sizes: tuple[int, ...] = (), before: SeriesDetail | None) -> SeriesDetail:
    files = [a_file(n, size) for n, size in enumerate(sizes, start=1)]
    return renewed(
        before,
        episodes=tuple(an_episode(n, title) for n, title in enumerate(titles, start=1)),
        files=files,
        read_at=NOW,
    )


def test_the_first_read_is_taken_as_it_is() -> None:
    detail = read("a", "b", sizes=(1, 2), before=None)
    assert [episode.title for episode in detail.episodes] == ["a", "b"]
    assert [file.size_bytes for file in detail.file_by_id.values()] == [1, 2]


def test_an_episode_whose_record_cannot_be_read_is_as_it_was_and_not_gone() -> None:
    before = read("a", "b", sizes=(1, 2), before=None)
    odd = [Unread(endpoint="x", place="$[1].id", message="odd", key=key) for key in (32, None)]
    episodes, files = (an_episode(1, "a"),), (a_file(1, 1), a_file(2, 2))
    for unread in odd:
        after = renewed(before, episodes=Records(episodes, [unread]), files=files, read_at=NOW)
        assert after.episodes == before.episodes
        lost = Unread(endpoint="x", place="$[1].id", message="odd", key=unread.key and 2)
        after = renewed(
            before, episodes=before.episodes, files=Records(files[:1], [lost]), read_at=NOW
        )
        assert after.file_by_id == before.file_by_id
        assert not after.is_whole
    other = Unread(endpoint="x", place="$[1].id", message="odd", key=3)
    after = renewed(before, episodes=Records(episodes, [other]), files=files, read_at=NOW)
    assert [episode.title for episode in after.episodes] == ["a"]
    assert not after.is_whole


def test_what_says_the_same_as_a_whole_is_the_same_as_a_whole() -> None:
    before = replace(read("a", "b", sizes=(1, 2), before=None), read_at=NOW - timedelta(days=1))
    detail = read("a", "b", sizes=(1, 2), before=before)
    assert detail.episodes is before.episodes
    assert detail.file_by_id is before.file_by_id
    assert detail.read_at == NOW


def test_only_what_says_something_else_is_another_object() -> None:
    before = read("a", "b", sizes=(1, 2), before=None)
    detail = read("a", "B", "c", sizes=(1, 3), before=before)
    assert detail.episodes is not before.episodes
    assert detail.episodes[0] == before.episodes[0]
    assert [episode.title for episode in detail.episodes] == ["a", "B", "c"]
    assert detail.file_by_id[EpisodeFileId(1)] == before.file_by_id[EpisodeFileId(1)]
    assert detail.file_by_id[EpisodeFileId(2)].size_bytes == 3


def test_what_is_listed_no_more_is_gone() -> None:
    before = read("a", "b", sizes=(1, 2), before=None)
    detail = read("a", sizes=(1,), before=before)
    assert [episode.title for episode in detail.episodes] == ["a"]
    assert list(detail.file_by_id) == [1]


SERIES, OTHER = SonarrSeriesId(7), SonarrSeriesId(8)


def at(*paths: str) -> FileById:
    files = [replace(a_file(number), path=path) for number, path in enumerate(paths, start=1)]
    return {file.file_id: file for file in files}


def test_where_files_were_is_remembered_for_each_series() -> None:
    former = FormerPaths()
    former.remember(SERIES, at("/a", "/b", "/c"), at("/a", "/d"))
    former.remember(SERIES, at("/a", "/d"), at("/e", "/d"))
    assert former.of(SERIES) == {"/a", "/b", "/c"}
    assert former.of(OTHER) == set()
    former.drop(SERIES)
    assert former.of(SERIES) == set()


def test_without_former_paths_it_is_the_same_object_each_time() -> None:
    """What rests on it is computed again where it is another one."""
    former = FormerPaths()
    assert former.of(SERIES) is former.of(OTHER)


def test_former_paths_do_not_grow_without_end() -> None:
    former = FormerPaths()
    for number in range(2 * FORMER_PATHS):
        former.remember(SERIES, at(f"/{number:04}"), at(f"/{number + 1:04}"))
    assert len(former.of(SERIES)) == FORMER_PATHS
    assert f"/{2 * FORMER_PATHS - 1:04}" in former.of(SERIES)
