"""Whether a file is matched to AniDB, and when Shoko has nothing to say of it."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from episodarr.model.ids import (
    EpisodeFileId,
    EpisodeNumber,
    SeriesKey,
    ShokoFileId,
    SonarrName,
    TvdbId,
)
from episodarr.model.library import Episode, EpisodeFile
from episodarr.model.reading import FailureReason, Fresh, Missing, Stale
from episodarr.stages.same_series import SeriesElsewhere
from episodarr.systems.shoko.matches import (
    ShokoMatch,
    ShokoMatches,
    ShokoNotSeen,
    ShokoSees,
    ShokoUnknown,
    shoko_match,
)
from episodarr.systems.shoko.matching import match_shoko, paths_to_ask
from episodarr.systems.shoko.records import (
    ShokoFileRecord,
    ShokoFolderId,
    ShokoLink,
    ShokoPathCheck,
    ShokoPlace,
    ShokoSeriesId,
)
from tests import library
from tests.replacing import replace

NOW = datetime(2026, 1, 31, 18, 0, tzinfo=UTC)
SHOW = replace(
    library.a_series(3),
    key=SeriesKey(SonarrName("anime"), TvdbId(299963)),
    title="Charlotte",
    path="/anime/Charlotte (2015)",
)
LINK = ShokoLink(series_id=ShokoSeriesId(84), episode_count=1)


def a_file(episode: int, **changes: object) -> EpisodeFile:
    file = replace(
        library.a_file(episode, 1000 + episode),
        path=f"/anime/Charlotte (2015)/Season 01/{episode:02}.mkv",
        added_at=NOW + timedelta(minutes=episode),
    )
    return replace(file, **changes)


def an_episode(episode: int, file: int | None = None) -> Episode:
    return replace(library.an_episode(episode), file_id=EpisodeFileId(file or episode))


def recorded(
    episode: int,
    relative: str | None = None,
    *,
    links: tuple[ShokoLink, ...] | None = (LINK,),
    absolute: str | None = None,
    size: int | None = None,
    file_id: int | None = None,
) -> ShokoFileRecord:
    return ShokoFileRecord(
        file_id=ShokoFileId(file_id or 900 + episode),
        size_bytes=1000 + episode if size is None else size,
        places=(
            ShokoPlace(
                folder_id=ShokoFolderId(1),
                relative_path=relative or f"Charlotte (2015)/Season 01/{episode:02}.mkv",
                absolute_path=absolute,
                is_accessible=True,
            ),
        ),
        links=links,
    )


def match(
    episodes: Iterable[int],
    records: Iterable[ShokoFileRecord],
    *,
    asked: Iterable[int] | None = None,
    same_series_elsewhere: tuple[SeriesElsewhere, ...] = (),
) -> ShokoMatches:
    numbers = tuple(episodes)
    file_by_id = {EpisodeFileId(n): a_file(n) for n in numbers}
    check = ShokoPathCheck(
        asked_paths=frozenset(a_file(n).path for n in (numbers if asked is None else asked)),
        files=tuple(records),
    )
    return match_shoko(
        SHOW,
        [an_episode(n) for n in numbers],
        file_by_id,
        Fresh(check, NOW),
        same_series_elsewhere,
    )


def availabilities(matches: ShokoMatches, *episodes: int) -> list[ShokoMatch]:
    return [shoko_match(matches, (1, n)) for n in episodes]


def test_linked_unlinked_missing_and_unasked() -> None:
    series_match = match(
        range(1, 6),
        [recorded(1), recorded(2, links=()), recorded(3, links=None)],
        asked=range(1, 5),
    )
    assert availabilities(series_match, 1, 2, 3, 4, 5) == [
        ShokoMatch.MATCHED,
        ShokoMatch.UNMATCHED,
        ShokoMatch.UNKNOWN,
        ShokoMatch.ABSENT,
        ShokoMatch.UNKNOWN,
    ]
    assert isinstance(series_match, ShokoSees)
    assert series_match.file_id_by_number[1, 1] == 901


def test_a_series_link_without_episodes_is_no_match() -> None:
    series_match = match([1], [recorded(1, links=(replace(LINK, episode_count=0),))])
    assert availabilities(series_match, 1) == [ShokoMatch.UNMATCHED]


def test_a_link_counts_before_shoko_has_made_the_series() -> None:
    series_match = match([1], [recorded(1, links=(replace(LINK, series_id=None),))])
    assert availabilities(series_match, 1) == [ShokoMatch.MATCHED]


def test_nothing_found_proves_nothing() -> None:
    series_match = match([1, 2], [])
    assert series_match == ShokoNotSeen()
    assert availabilities(series_match, 1, 2) == [ShokoMatch.NOT_SEEN, ShokoMatch.NOT_SEEN]


def test_another_shows_file_of_the_same_name_is_not_this_one() -> None:
    series_match = match([1], [recorded(1, "Other/Season 01/01.mkv", size=5)])
    assert series_match == ShokoNotSeen()
    with_control = match([1, 2], [recorded(1, "Other/Season 01/01.mkv", size=5), recorded(2)])
    assert availabilities(with_control, 1) == [ShokoMatch.ABSENT]


@pytest.mark.parametrize(
    "record",
    [
        recorded(1),
        recorded(1, "shows/Charlotte (2015)/Season 01/01.mkv"),
        recorded(1, "Season 01/01.mkv"),
        recorded(1, "Season 01/01.mkv", absolute="D:\\Anime\\Charlotte (2015)\\Season 01\\01.mkv"),
        recorded(1, "01.mkv", absolute="/data/anime/Charlotte (2015)/Season 01/01.mkv", size=7),
        recorded(1, "Renamed/Season 01/01.mkv"),
    ],
)
def test_paths_that_are_this_file(record: ShokoFileRecord) -> None:
    assert availabilities(match([1], [record]), 1) == [ShokoMatch.MATCHED]


@pytest.mark.parametrize(
    "record",
    [
        recorded(1, "01.mkv"),
        recorded(1, "Season 02/01.mkv"),
        recorded(1, "Season 01/01.mkv", absolute="/data/Else/Season 01/01.mkv", size=7),
        recorded(1, "Charlotte (2015)/Season 01/02.mkv"),
        recorded(1, "x", absolute="/data/Char/Season 01/01.mkv", size=7),
    ],
)
def test_paths_that_are_another_file(record: ShokoFileRecord) -> None:
    assert match([1], [record]) == ShokoNotSeen()


def test_the_size_settles_two_records_of_one_path() -> None:
    stale = recorded(1, links=(), size=5, file_id=1)
    assert availabilities(match([1], [stale, recorded(1)]), 1) == [ShokoMatch.MATCHED]


def test_two_records_that_fit_equally_well_must_agree() -> None:
    one, other = recorded(1, size=5, file_id=1), recorded(1, size=6, file_id=2, links=())
    assert availabilities(match([1], [one, replace(other, links=one.links)]), 1) == [
        ShokoMatch.MATCHED
    ]
    series_match = match([1], [one, other])
    assert availabilities(series_match, 1) == [ShokoMatch.UNKNOWN]
    assert isinstance(series_match, ShokoSees)
    assert not series_match.file_id_by_number


def test_a_double_episode_shares_its_files_match() -> None:
    series_match = match_shoko(
        SHOW,
        [an_episode(1), an_episode(2, file=1)],
        {EpisodeFileId(1): a_file(1)},
        Fresh(ShokoPathCheck(asked_paths=frozenset(), files=(recorded(1),)), NOW),
    )
    assert availabilities(series_match, 1, 2) == [ShokoMatch.MATCHED, ShokoMatch.MATCHED]


def test_episodes_without_a_file_and_files_without_a_path_are_not_compared() -> None:
    series_match = match_shoko(
        SHOW,
        [an_episode(1), replace(an_episode(2), file_id=None), an_episode(3), an_episode(4)],
        {EpisodeFileId(1): a_file(1), EpisodeFileId(3): a_file(3, path="/")},
        Fresh(ShokoPathCheck(asked_paths=frozenset(), files=(recorded(1),)), NOW),
    )
    assert isinstance(series_match, ShokoSees)
    assert series_match.matched == {(1, 1)}
    assert series_match.unanswered == {(1, 3)}
    assert availabilities(series_match, 2, 4) == [ShokoMatch.NOT_SEEN, ShokoMatch.NOT_SEEN]


def test_unknown_is_unknown() -> None:
    check = ShokoPathCheck(asked_paths=frozenset({a_file(1).path}), files=())
    files = {EpisodeFileId(1): a_file(1)}
    missing = match_shoko(SHOW, [an_episode(1)], files, Missing(None))
    stale = match_shoko(SHOW, [an_episode(1)], files, Stale(check, NOW, FailureReason.UNREACHABLE))
    assert missing == ShokoUnknown(reason=None)
    assert stale == ShokoUnknown(reason=FailureReason.UNREACHABLE, last_known=ShokoNotSeen())
    assert availabilities(missing, 1) == availabilities(stale, 1) == [ShokoMatch.UNKNOWN]


def test_a_control_is_asked_for_with_the_waiting_files() -> None:
    files = {EpisodeFileId(n): a_file(n) for n in (3, 1, 2)}
    assert paths_to_ask(files, {EpisodeFileId(3)}) == (a_file(3).path, a_file(1).path)
    assert paths_to_ask(files, set(files)) == tuple(a_file(n).path for n in (1, 2, 3))
    assert paths_to_ask(files, set()) == ()
    undated = {EpisodeFileId(n): a_file(n, added_at=None) for n in (1, 2)}
    assert paths_to_ask(undated, {EpisodeFileId(1)}) == (a_file(1).path, a_file(2).path)


_PATHS = st.one_of(
    st.integers(1, 4).map(lambda n: f"Charlotte (2015)/Season 01/{n:02}.mkv"),
    st.sampled_from(["", "/", "\\", "01.mkv", "Season 01/01.mkv", "C:\\x"]),
    st.text(max_size=6),
)
_RECORDS = st.lists(
    st.builds(
        ShokoFileRecord,
        file_id=st.integers(1, 5).map(ShokoFileId),
        size_bytes=st.integers(1000, 1004),
        places=st.lists(
            st.builds(
                ShokoPlace,
                folder_id=st.none(),
                relative_path=_PATHS,
                absolute_path=st.none() | _PATHS,
                is_accessible=st.none() | st.booleans(),
            ),
            max_size=2,
        ).map(tuple),
        links=st.none() | st.just(()) | st.just((LINK,)),
    ),
    max_size=5,
)


@given(st.frozensets(st.integers(1, 4)), st.frozensets(st.integers(1, 4)), _RECORDS)
def test_the_laws_of_testimony(
    episodes: frozenset[int], asked: frozenset[int], records: list[ShokoFileRecord]
) -> None:
    series_match = match(sorted(episodes), records, asked=asked)
    if isinstance(series_match, ShokoNotSeen):
        return
    assert isinstance(series_match, ShokoSees)
    groups = (
        series_match.matched,
        series_match.unmatched,
        series_match.absent,
        series_match.unanswered,
    )
    grouped: list[EpisodeNumber] = [number for group in groups for number in group]
    assert sorted(grouped) == sorted((1, n) for n in episodes)
    assert {n for _, n in series_match.absent} <= asked
    if series_match.absent == set(grouped):
        pytest.fail("absence needs a file that was found")
    assert not series_match.absent & series_match.file_id_by_number.keys()


UHD = SeriesElsewhere(folder="/uhd/Charlotte (2015)", names=frozenset({"01.mkv", "02.mkv"}))
ANIME_ROOT, UHD_ROOT = "/data/anime", "/data/uhd"


def at(root: str, episode: int, *, file_id: int | None = None) -> ShokoFileRecord:
    path = f"{root}/Charlotte (2015)/Season 01/{episode:02}.mkv"
    return recorded(episode, absolute=path, file_id=file_id)


def test_another_sonarrs_copy_makes_no_episode_of_ours_matched() -> None:
    series_match = match([1, 2], [at(UHD_ROOT, 1), at(UHD_ROOT, 2)], same_series_elsewhere=(UHD,))
    assert series_match == ShokoNotSeen()
    assert availabilities(match([1], [at(UHD_ROOT, 1)]), 1) == [ShokoMatch.MATCHED], (
        "without the other one"
    )


def test_beside_our_own_file_the_copy_leaves_the_missing_one_absent() -> None:
    series_match = match(
        [1, 2], [at(ANIME_ROOT, 1), at(UHD_ROOT, 2, file_id=5)], same_series_elsewhere=(UHD,)
    )
    assert availabilities(series_match, 1, 2) == [ShokoMatch.MATCHED, ShokoMatch.ABSENT]
    assert isinstance(series_match, ShokoSees)
    assert series_match.file_id_by_number == {(1, 1): 901}


def test_of_both_copies_ours_is_taken_though_both_have_the_same_size() -> None:
    series_match = match(
        [1], [at(UHD_ROOT, 1, file_id=5), at(ANIME_ROOT, 1)], same_series_elsewhere=(UHD,)
    )
    assert isinstance(series_match, ShokoSees)
    assert series_match.file_id_by_number == {(1, 1): 901}


def test_a_file_that_may_be_either_ones_is_neither_matched_nor_absent() -> None:
    series_match = match([1, 2, 3], [at("/x", 1), at("/x", 3)], same_series_elsewhere=(UHD,))
    assert availabilities(series_match, 1, 2, 3) == [
        ShokoMatch.UNKNOWN,
        ShokoMatch.ABSENT,
        ShokoMatch.MATCHED,
    ]
