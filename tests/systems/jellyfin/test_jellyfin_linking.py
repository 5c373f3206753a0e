"""What Jellyfin's list says of Sonarr's episodes, and above all what it does not say."""

from collections.abc import Iterable
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from episodarr.model.ids import (
    EpisodeFileId,
    EpisodeNumber,
    SeriesKey,
    ShokoFileId,
    SonarrEpisodeId,
    SonarrName,
    SonarrSeriesId,
    TvdbId,
)
from episodarr.model.library import Episode, EpisodeFile, Series
from episodarr.model.reading import FailureReason, Fresh, Missing, Reading, Stale
from episodarr.stages.same_series import SeriesElsewhere
from episodarr.systems.jellyfin.files import Clues
from episodarr.systems.jellyfin.linking import (
    all_of_show,
    index_series,
    link_series,
    match_jellyfin,
)
from episodarr.systems.jellyfin.matches import (
    JellyfinMatch,
    JellyfinMatches,
    JellyfinSees,
    JellyfinUnknown,
    JellyfinUnmatched,
    jellyfin_match,
)
from episodarr.systems.jellyfin.records import (
    JellyfinEpisode,
    JellyfinId,
    JellyfinSeries,
    ProviderIds,
)
from tests.replacing import replace

NOW = datetime(2026, 1, 31, 18, 0, tzinfo=UTC)
NO_IDS = ProviderIds()
SHOW = Series(
    key=SeriesKey(SonarrName("tv"), TvdbId(405920)),
    sonarr_id=SonarrSeriesId(7),
    title="SPY x FAMILY",
    title_slug="spy-x-family",
    series_type="anime",
    year=2022,
    is_monitored=True,
    path="/tv/SPY x FAMILY",
    tmdb_id=120089,
    imdb_id="tt13706018",
)


def hex_id(number: int) -> JellyfinId:
    return JellyfinId(f"{number:032x}")


def an_item(number: int = 1, path: str | None = None, ids: ProviderIds = NO_IDS) -> JellyfinSeries:
    return JellyfinSeries(item_id=hex_id(number), name="x", path=path, provider_ids=ids)


def listed_file(
    number: int,
    *paths: str,
    season: int | None = None,
    episodes: tuple[int, ...] = (),
    ids: ProviderIds = NO_IDS,
) -> JellyfinEpisode:
    return JellyfinEpisode(
        item_id=hex_id(1000 + number),
        series_id=hex_id(1),
        season_id=None,
        paths=paths,
        season=season,
        episodes=episodes,
        provider_ids=ids,
    )


def an_episode(season: int, episode: int, *, file: int | None = None) -> Episode:
    number = season * 100 + episode
    return Episode(
        sonarr_id=SonarrEpisodeId(number),
        season=season,
        episode=episode,
        title="t",
        is_monitored=True,
        file_id=EpisodeFileId(number if file is None else file),
    )


def name(season: int, episode: int) -> str:
    return f"SPY x FAMILY - S{season:02}E{episode:02} - 1080p.mkv"


def path_of(season: int, episode: int, root: str = "/tv/SPY x FAMILY") -> str:
    return f"{root}/Season {season}/{name(season, episode)}"


def files(*numbers: EpisodeNumber) -> dict[EpisodeFileId, EpisodeFile]:
    return {
        EpisodeFileId(s * 100 + e): EpisodeFile(
            file_id=EpisodeFileId(s * 100 + e), path=path_of(s, e), size_bytes=1000 + e
        )
        for s, e in numbers
    }


def match(
    numbers: Iterable[EpisodeNumber],
    items: Iterable[JellyfinEpisode],
    *,
    clues: Clues | None = None,
    ids: ProviderIds | None = None,
    series: Series = SHOW,
    file_by_id: dict[EpisodeFileId, EpisodeFile] | None = None,
) -> JellyfinSees:
    numbers = tuple(numbers)
    linked = (an_item(ids=ids or ProviderIds(tvdb=405920)),)
    matches = match_jellyfin(
        series,
        [an_episode(s, e) for s, e in numbers],
        files(*numbers) if file_by_id is None else file_by_id,
        Fresh(linked, NOW),
        Fresh({hex_id(1): tuple(items)}, NOW),
        clues or Clues(),
    )
    assert isinstance(matches, JellyfinSees)
    return matches


def present_and_absent(sees: JellyfinSees) -> tuple[set[EpisodeNumber], set[EpisodeNumber]]:
    return set(sees.playable), set(sees.absent)


# --- which series ------------------------------------------------------------------------------


def link(*items: JellyfinSeries) -> list[int]:
    found = link_series(SHOW, index_series(items))
    return [int(item.item_id, 16) for item in found]


@pytest.mark.parametrize(
    ("ids", "is_linked"),
    [
        (ProviderIds(tvdb=405920), True),
        (ProviderIds(tvdb=1, tmdb=120089, imdb="tt13706018"), False),
        (ProviderIds(tmdb=120089), True),
        (ProviderIds(tmdb=1, imdb="tt13706018"), False),
        (ProviderIds(imdb="tt13706018"), True),
        (ProviderIds(anidb=405920), False),
        (NO_IDS, False),
    ],
)
def test_the_first_database_that_knows_both_decides(ids: ProviderIds, is_linked: bool) -> None:
    assert link(an_item(ids=ids)) == ([1] if is_linked else [])


def test_the_folder_decides_whatever_jellyfin_took_it_for() -> None:
    same = an_item(1, "/tv/SPY x FAMILY/", ProviderIds(tvdb=1))
    near = an_item(2, "/tv/SPY x FAMILY 2")
    elsewhere = an_item(3, "/media/shows/SPY x FAMILY", ProviderIds(tvdb=1))
    assert link(same, near, elsewhere) == [1]


def test_one_show_in_two_libraries_is_two_items() -> None:
    items = [an_item(2, ids=ProviderIds(tvdb=405920)), an_item(1, ids=ProviderIds(tmdb=120089))]
    assert link(*items) == [1, 2]


def test_a_series_without_ids_matches_no_item_without_ids() -> None:
    bare = replace(SHOW, tmdb_id=None, imdb_id=None, path="")
    assert link_series(bare, index_series([an_item(path="/x"), an_item(2)])) == ()


# --- which episodes ----------------------------------------------------------------------------


def test_files_are_found_by_folder_and_name_without_any_mapping() -> None:
    sees = match(
        [(1, 1), (1, 2), (1, 3)],
        [listed_file(n, path_of(1, n, "/srv/media/SPY x FAMILY")) for n in (1, 2)],
    )
    assert sees.playable == {(1, 1), (1, 2)}
    assert sees.absent == {(1, 3)}
    assert sees.item_ids_by_number[1, 2] == (hex_id(1002),)


def test_jellyfin_on_windows_and_with_another_spelling_of_letters() -> None:
    number = (1, 1)
    file = replace(files(number)[EpisodeFileId(101)], path="/tv/SPY x FAMILY/Season 1/Café.mkv")
    windows = "D:\\TV\\Spy X Family\\Season 1\\Cafe\u0301.mkv"
    sees = match([number], [listed_file(1, windows)], file_by_id={file.file_id: file})
    assert sees.playable == {number}


def test_a_double_episode_is_one_file_for_two() -> None:
    file = files((1, 1))
    matches = match_jellyfin(
        SHOW,
        [an_episode(1, 1), an_episode(1, 2, file=101)],
        file,
        Fresh((an_item(ids=ProviderIds(tvdb=405920)),), NOW),
        Fresh({hex_id(1): (listed_file(1, path_of(1, 1)),)}, NOW),
    )
    assert isinstance(matches, JellyfinSees)
    assert matches.playable == {(1, 1), (1, 2)}


def test_any_version_of_an_item_is_the_file() -> None:
    sees = match([(1, 1)], [listed_file(1, "/other/2160p.mkv", path_of(1, 1))])
    assert sees.playable == {(1, 1)}


def test_the_same_name_in_another_season_is_another_file() -> None:
    paths = {(s, 1): f"/tv/SPY x FAMILY/Season {s}/01.mkv" for s in (1, 2)}
    file_by_id = {
        EpisodeFileId(s * 100 + 1): EpisodeFile(
            file_id=EpisodeFileId(s * 100 + 1), path=path, size_bytes=1
        )
        for (s, _), path in paths.items()
    }
    items = [listed_file(1, "/m/SPY/Season 1/01.mkv")]
    sees = match([(1, 1), (2, 1)], items, file_by_id=file_by_id)
    assert present_and_absent(sees) == ({(1, 1)}, {(2, 1)})
    alone = match([(2, 1)], items, file_by_id=file_by_id)
    assert present_and_absent(alone) == (set(), set())


def test_a_flattened_library_is_found_by_name_alone() -> None:
    sees = match([(1, 1), (1, 2)], [listed_file(1, f"/flat/{name(1, 1)}")])
    assert sees.playable == {(1, 1)}
    assert sees.absent == {(1, 2)}


def test_absence_needs_a_file_of_the_series_that_is_seen() -> None:
    assert match([(1, 1)], []).absent == frozenset()
    assert match([(1, 1)], [listed_file(9, "/m/else.mkv")]).absent == frozenset()


def test_an_earlier_file_of_the_episode_proves_that_the_new_one_is_not_scanned() -> None:
    old = "/tv/SPY x FAMILY/Season 1/SPY x FAMILY - S01E01 - 720p.mkv"
    items = [listed_file(1, old.replace("/tv", "/media"), season=1, episodes=(1,))]
    assert match([(1, 1)], items).absent == frozenset()
    sees = match([(1, 1)], items, clues=Clues(earlier_paths=frozenset({old})))
    assert present_and_absent(sees) == (set(), {(1, 1)})


def test_another_version_in_another_library_is_not_this_file() -> None:
    """A second Sonarr for 4K: its episode is not playable because the first one's is."""
    hd = [listed_file(n, f"/hd/SPY/Season 1/{n}.mkv", season=1, episodes=(n,)) for n in (1, 2)]
    uhd = [listed_file(11, path_of(1, 1, "/uhd/SPY x FAMILY"), season=1, episodes=(1,))]
    sees = match([(1, 1), (1, 2)], [*hd, *uhd])
    assert present_and_absent(sees) == ({(1, 1)}, {(1, 2)})


# --- made-up names -----------------------------------------------------------------------------


def made_up(number: int, file_id: int | None = None, **fields: object) -> JellyfinEpisode:
    shown = f" [Shoko File={file_id}]" if file_id else ""
    path = f"/cache/VFS/x/SPY [Shoko Series=84]/Season 01/SPY S01E{number} [Shoko Series=84]{shown}"
    item = listed_file(number, f"{path}.mkv", season=1, episodes=(number,))
    ids = ProviderIds(shoko_series=84, shoko_file=ShokoFileId(file_id) if file_id else None)
    return replace(item, provider_ids=ids)


def test_shokofin_without_shoko_is_unmatched_and_never_absent() -> None:
    sees = match([(1, 1), (1, 2)], [made_up(1, 91)])
    assert present_and_absent(sees) == (set(), set())
    assert jellyfin_match(sees, (1, 1)) is JellyfinMatch.UNMATCHED


def test_shokos_file_numbers_tie_shokofins_items_to_episodes() -> None:
    clues = Clues(
        shoko_file_ids={
            EpisodeFileId(101): ShokoFileId(91),
            EpisodeFileId(102): ShokoFileId(92),
        }
    )
    sees = match([(1, 1), (1, 2), (1, 3)], [made_up(5, 91), made_up(6, 93)], clues=clues)
    assert sees.playable == {(1, 1)}
    assert sees.absent == {(1, 2)}, "the third has no number in Shoko that could be compared"


def test_a_made_up_name_without_a_number_may_be_anything() -> None:
    clues = Clues(
        shoko_file_ids={
            EpisodeFileId(101): ShokoFileId(91),
            EpisodeFileId(102): ShokoFileId(92),
        }
    )
    sees = match([(1, 1), (1, 2)], [made_up(1, 91), made_up(2)], clues=clues)
    assert present_and_absent(sees) == ({(1, 1)}, set())


def test_a_stem_is_enough_for_a_pointer_file() -> None:
    strm = path_of(1, 1, "/m/SPY x FAMILY").replace(".mkv", ".strm")
    assert match([(1, 1)], [listed_file(1, strm)]).playable == {(1, 1)}
    other = path_of(1, 1, "/m/SPY x FAMILY").replace(".mkv", ".avi")
    assert match([(1, 1)], [listed_file(1, other)]).playable == frozenset()


# --- numbers -----------------------------------------------------------------------------------

STANDARD = replace(SHOW, series_type="standard")
TVDB_IDS = {SonarrEpisodeId(101): 5001, SonarrEpisodeId(102): 5002}


def numbered(number: int, tvdb: int | None = None, *, shift: int = 0) -> JellyfinEpisode:
    return listed_file(
        number,
        f"/links/{number}.mkv",
        season=1,
        episodes=(number + shift,),
        ids=ProviderIds(tvdb=tvdb),
    )


def test_tvdbs_number_of_the_episode() -> None:
    sees = match([(1, 1)], [numbered(7, 5001)], clues=Clues(tvdb_ids=TVDB_IDS))
    assert sees.playable == {(1, 1)}


def test_numbers_alone_say_nothing() -> None:
    sees = match([(1, 1), (1, 2)], [numbered(1), numbered(2)], series=STANDARD)
    assert present_and_absent(sees) == (set(), set())


def test_numbers_count_once_both_sides_are_seen_to_count_alike() -> None:
    sees = match(
        [(1, 1), (1, 2), (1, 3)],
        [numbered(1, 5001), numbered(2)],
        clues=Clues(tvdb_ids=TVDB_IDS),
        series=STANDARD,
    )
    assert present_and_absent(sees) == ({(1, 1), (1, 2)}, {(1, 3)})


def test_numbers_do_not_count_where_one_differs() -> None:
    sees = match(
        [(1, 1), (1, 2), (1, 3)],
        [numbered(1, 5001, shift=1), numbered(2, shift=1)],
        clues=Clues(tvdb_ids=TVDB_IDS),
        series=STANDARD,
    )
    assert sees.playable == {(1, 1)}
    assert sees.absent == frozenset()


@pytest.mark.parametrize(
    "ids", [ProviderIds(tmdb=120089), ProviderIds(tvdb=405920, anidb=1), ProviderIds(tvdb=1)]
)
def test_numbers_do_not_count_in_other_orders(ids: ProviderIds) -> None:
    sees = match(
        [(1, 1), (1, 2)],
        [numbered(1, 5001), numbered(2)],
        clues=Clues(tvdb_ids=TVDB_IDS),
        ids=ids,
    )
    assert sees.playable == {(1, 1)}
    assert sees.absent == frozenset()


def test_an_item_that_jellyfin_could_not_number_may_be_any_episode() -> None:
    sees = match(
        [(1, 1), (1, 2)],
        [numbered(1, 5001), listed_file(2, "/links/x.mkv")],
        clues=Clues(tvdb_ids={SonarrEpisodeId(101): 5001}),
        series=STANDARD,
    )
    assert present_and_absent(sees) == ({(1, 1)}, set())


# --- what is not known -------------------------------------------------------------------------

LINKED = (an_item(ids=ProviderIds(tvdb=405920)),)
LISTED = {hex_id(1): (listed_file(1, path_of(1, 1)),)}
SEEN = JellyfinSees(
    series_ids=(hex_id(1),),
    playable=frozenset({(1, 1)}),
    absent=frozenset({(1, 2)}),
    item_ids_by_number={(1, 1): (hex_id(1001),)},
)
TIMEOUT = FailureReason.TIMEOUT


@pytest.mark.parametrize(
    ("linked", "listed", "expected"),
    [
        (Fresh(LINKED, NOW), Fresh(LISTED, NOW), SEEN),
        (Fresh((), NOW), Missing(None), JellyfinUnmatched()),
        (
            Stale((), NOW, TIMEOUT),
            Missing(None),
            JellyfinUnknown(reason=TIMEOUT, last_known=JellyfinUnmatched()),
        ),
        (Missing(TIMEOUT), Fresh(LISTED, NOW), JellyfinUnknown(reason=TIMEOUT)),
        (Fresh(LINKED, NOW), Missing(None), JellyfinUnknown(reason=None)),
        (
            Fresh(LINKED, NOW),
            Stale(LISTED, NOW, TIMEOUT),
            JellyfinUnknown(reason=TIMEOUT, last_known=SEEN),
        ),
        (
            Stale(LINKED, NOW, TIMEOUT),
            Fresh(LISTED, NOW),
            JellyfinUnknown(reason=TIMEOUT, last_known=SEEN),
        ),
        (Fresh(LINKED, NOW), Fresh({}, NOW), JellyfinUnknown(reason=FailureReason.NOT_FOUND)),
    ],
)
def test_readings(
    linked: Reading[tuple[JellyfinSeries, ...]],
    listed: Reading[dict[JellyfinId, tuple[JellyfinEpisode, ...]]],
    expected: JellyfinMatches,
) -> None:
    numbers = [(1, 1), (1, 2)]
    series_match = match_jellyfin(
        SHOW, [an_episode(s, e) for s, e in numbers], files(*numbers), linked, listed
    )
    assert series_match == expected
    for number in numbers:
        availability = jellyfin_match(series_match, number)
        assert (availability is JellyfinMatch.UNKNOWN) == isinstance(expected, JellyfinUnknown)


def test_words() -> None:
    assert jellyfin_match(SEEN, (1, 1)) is JellyfinMatch.PLAYABLE
    assert jellyfin_match(SEEN, (1, 2)) is JellyfinMatch.ABSENT
    assert jellyfin_match(SEEN, (1, 3)) is JellyfinMatch.UNMATCHED
    assert jellyfin_match(JellyfinUnmatched(), (1, 1)) is JellyfinMatch.UNMATCHED


def test_an_episode_without_a_file_is_not_compared() -> None:
    bare = replace(an_episode(1, 3), file_id=None)
    unread = an_episode(1, 4)
    series_match = match_jellyfin(
        SHOW,
        [an_episode(1, 1), bare, unread],
        files((1, 1)),
        Fresh(LINKED, NOW),
        Fresh(LISTED, NOW),
    )
    assert isinstance(series_match, JellyfinSees)
    assert series_match.playable | series_match.absent == {(1, 1)}


_NUMBERS = st.tuples(st.integers(0, 2), st.integers(1, 4))
_PATHS = st.one_of(
    _NUMBERS.map(lambda n: path_of(*n, "/m/SPY x FAMILY")),
    st.sampled_from(["/m/x/01.mkv", "D:\\m\\Season 1\\y.mkv", "/", "x", "\\\\?\\", "C:"]),
    _NUMBERS.map(lambda n: f"/VFS/SPY S0{n[0]}E{n[1]} [Shoko File={n[0]}{n[1]}].mkv"),
    st.text(max_size=8),
)
_IDS = st.builds(
    ProviderIds,
    tvdb=st.none() | st.integers(5000, 5004),
    anidb=st.none() | st.just(3),
    shoko_file=st.none() | st.integers(1, 4).map(ShokoFileId),
)
_ITEMS = st.lists(
    st.builds(
        JellyfinEpisode,
        item_id=st.integers(0, 9).map(hex_id),
        series_id=st.just(hex_id(1)),
        season_id=st.none(),
        paths=st.lists(_PATHS, min_size=1, max_size=2).map(tuple),
        season=st.none() | st.integers(0, 2),
        episodes=st.lists(st.integers(1, 4), max_size=2).map(tuple),
        provider_ids=_IDS,
    ),
    max_size=6,
    unique_by=lambda item: item.item_id,
)
_CLUES = st.builds(
    Clues,
    earlier_paths=st.frozensets(_PATHS, max_size=2),
    tvdb_ids=st.dictionaries(
        st.integers(1, 204).map(SonarrEpisodeId), st.integers(5000, 5004), max_size=4
    ),
    shoko_file_ids=st.dictionaries(
        st.integers(1, 204).map(EpisodeFileId), st.integers(1, 4).map(ShokoFileId), max_size=4
    ),
)


@given(st.frozensets(_NUMBERS, max_size=6), _ITEMS, _CLUES)
def test_the_laws_of_testimony(
    numbers: frozenset[EpisodeNumber], items: list[JellyfinEpisode], clues: Clues
) -> None:
    sees = match(sorted(numbers), items, clues=clues)
    assert sees.playable | sees.absent <= numbers
    assert not sees.playable & sees.absent
    assert sees.playable == sees.item_ids_by_number.keys()
    if sees.absent:
        assert items, "an empty list proves nothing"
        assert sees.playable or clues.earlier_paths
    assert match(sorted(numbers), list(reversed(items)), clues=clues) == sees


@given(st.frozensets(_NUMBERS, min_size=1, max_size=6), _ITEMS)
def test_an_unreadable_made_up_item_leaves_nothing_absent(
    numbers: frozenset[EpisodeNumber], items: list[JellyfinEpisode]
) -> None:
    riddle = listed_file(999, "/VFS/x [Shoko Series=1].mkv", ids=ProviderIds(shoko_series=1))
    assert match(sorted(numbers), [*items, riddle]).absent == frozenset()


@given(st.frozensets(_NUMBERS, min_size=1, max_size=6), _ITEMS, _CLUES, _IDS)
def test_an_item_without_a_path_makes_nothing_absent_and_nothing_else(
    numbers: frozenset[EpisodeNumber], items: list[JellyfinEpisode], clues: Clues, ids: ProviderIds
) -> None:
    """It may be any file of the series, or none: its path, or where it lies, could not be read."""
    without = match(sorted(numbers), items, clues=clues)
    seen = match(sorted(numbers), [*items, listed_file(999, ids=ids)], clues=clues)
    assert seen.absent == frozenset()
    assert seen.playable == without.playable


# --- the same series in another Sonarr ---------------------------------------------------------

UHD = SeriesElsewhere(
    folder="/uhd/SPY x FAMILY", names=frozenset({name(1, 1).lower(), name(1, 2).lower()})
)
WITH_UHD = Clues(same_series_elsewhere=(UHD,))


def test_a_series_item_in_the_other_sonarrs_folder_is_not_ours() -> None:
    ids = ProviderIds(tvdb=405920)
    items = [an_item(1, "/m/tv/SPY x FAMILY", ids), an_item(2, "/m/uhd/SPY x FAMILY", ids)]
    index = index_series(items)
    assert link_series(SHOW, index, same_series_elsewhere=(UHD,)) == (items[0],)
    assert link_series(SHOW, index_series(items[1:]), same_series_elsewhere=(UHD,)) == ()
    assert all_of_show(SHOW, index) == tuple(items)
    unclear = an_item(3, "/m/SPY x FAMILY", ids)
    assert link_series(SHOW, index_series([unclear]), same_series_elsewhere=(UHD,)) == (unclear,)


def test_the_other_sonarrs_file_makes_no_episode_of_ours_playable() -> None:
    theirs = [listed_file(n, path_of(1, n, "/m/uhd/SPY x FAMILY")) for n in (1, 2)]
    assert match([(1, 1), (1, 2)], theirs).playable == {(1, 1), (1, 2)}, "without the other one"
    assert present_and_absent(match([(1, 1), (1, 2)], theirs, clues=WITH_UHD)) == (set(), set())
    ours = listed_file(11, path_of(1, 1, "/m/tv/SPY x FAMILY"))
    sees = match([(1, 1), (1, 2)], [*theirs, ours], clues=WITH_UHD)
    assert present_and_absent(sees) == ({(1, 1)}, {(1, 2)})
    assert sees.item_ids_by_number == {(1, 1): (hex_id(1011),)}


def test_an_item_that_may_be_either_ones_says_nothing_and_proves_nothing() -> None:
    unclear = listed_file(1, path_of(1, 1, "/m/SPY x FAMILY"))
    assert present_and_absent(match([(1, 1), (1, 2)], [unclear], clues=WITH_UHD)) == (set(), set())
    ours = listed_file(3, path_of(1, 3, "/m/SPY x FAMILY"))
    numbers = [(1, 1), (1, 2), (1, 3)]
    assert present_and_absent(match(numbers, [unclear, ours], clues=WITH_UHD)) == (
        {(1, 3)},
        {(1, 2)},
    )


def test_merged_versions_of_both_are_ours_as_long_as_ours_is_among_them() -> None:
    both = listed_file(1, path_of(1, 1, "/m/uhd/SPY x FAMILY"), path_of(1, 1))
    assert match([(1, 1)], [both], clues=WITH_UHD).playable == {(1, 1)}


def test_of_made_up_names_only_shokos_number_of_the_file_tells() -> None:
    made_up = "/vfs/SPY x FAMILY [Shoko Series=1]/S01E01 [Shoko File=55].mkv"
    ids = ProviderIds(tvdb=9, shoko_file=ShokoFileId(55))
    item = listed_file(1, made_up, ids=ids)
    clues = replace(WITH_UHD, tvdb_ids={SonarrEpisodeId(101): 9})
    assert match([(1, 1)], [item], clues=replace(clues, same_series_elsewhere=())).playable == {
        (1, 1)
    }
    assert present_and_absent(match([(1, 1)], [item], clues=clues)) == (set(), set())
    known = replace(clues, shoko_file_ids={EpisodeFileId(101): ShokoFileId(55)})
    assert match([(1, 1)], [item], clues=known).playable == {(1, 1)}
    other = replace(clues, shoko_file_ids={EpisodeFileId(101): ShokoFileId(56)})
    assert not match([(1, 1)], [item], clues=other).playable


@given(
    roots=st.lists(st.sampled_from(["/tv", "/uhd", "/m/tv", "/m/uhd", "/m"]), max_size=5),
    numbers=st.lists(st.integers(1, 3), min_size=5, max_size=5),
)
def test_what_the_other_one_alone_has_never_counts_for_us(
    roots: list[str], numbers: list[int]
) -> None:
    elsewhere = SeriesElsewhere(folder="/uhd/SPY x FAMILY", names=None)
    items = [
        listed_file(i, path_of(1, n, f"{root}/SPY x FAMILY"))
        for i, (root, n) in enumerate(zip(roots, numbers, strict=False))
    ]
    wanted = [(1, n) for n in (1, 2, 3)]
    with_all = match(wanted, items, clues=Clues(same_series_elsewhere=(elsewhere,)))
    ours = [item for item in items if not item.paths[0].startswith(("/uhd", "/m/uhd"))]
    assert with_all == match(wanted, ours, clues=Clues(same_series_elsewhere=(elsewhere,)))
    own_roots = {n: {r for r, m in zip(roots, numbers, strict=False) if m == n} for n in (1, 2, 3)}
    for n in (1, 2, 3):
        assert ((1, n) in with_all.playable) == bool(own_roots[n] & {"/tv", "/m/tv"})
        if "/m" in own_roots[n]:
            assert (1, n) not in with_all.absent
