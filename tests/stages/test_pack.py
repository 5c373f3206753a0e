"""Questions to the matcher from Sonarr's and the client's records; equal ones have one kept answer."""

import pytest

from episodarr.model.download import TorrentFile
from episodarr.model.ids import SonarrEpisodeId
from episodarr.model.library import AlternateTitle, Episode
from episodarr.stages.pack import PackQuestion, answer_pack, candidates_of, pack_question
from tests.library import an_episode
from tests.replacing import replace
from tests.strategies import a_series

SERIES = replace(a_series(), title="Some Show")
EPISODES = tuple(
    replace(an_episode(number, f"Tale {number}"), season=2, file_id=None) for number in (1, 2)
)


def series_episodes(*counts: int) -> tuple[Episode, ...]:
    """Seasons from 1 on, of so many episodes each."""
    return tuple(
        replace(
            EPISODES[0],
            sonarr_id=SonarrEpisodeId(100 * season + number),
            season=season,
            episode=number,
            title=f"Tale {season} {number}",
        )
        for season, count in enumerate(counts, start=1)
        for number in range(1, count + 1)
    )


def a_file(index: int, path: str, size: int = 900) -> TorrentFile:
    return TorrentFile(index=index, path=path, size_bytes=size, progress_ratio=0.0, is_wanted=True)


def further(
    paths: list[str],
    queued: int,
    counts: tuple[int, ...] = (2, 2),
    *,
    name: str = "Some.Show.S01-S02.1080p",
    series: object = SERIES,
    sizes: dict[str, int] | None = None,
) -> dict[tuple[int, int], str]:
    """What is matched of seasons that Sonarr did not queue."""
    episodes = series_episodes(*counts)
    files = [a_file(i, path, (sizes or {}).get(path, 900)) for i, path in enumerate(paths)]
    answer = answer_pack(
        pack_question(
            series,  # type: ignore[arg-type]  # a Series
            [e for e in episodes if e.season == queued],
            name,
            files,
            candidates_of(episodes),
        )
    )
    return {number: paths[answer.files_by_episode[number][0]] for number in answer.further}


FILES = tuple(
    TorrentFile(
        index=index,
        path=f"Some Show S02/{name}.mkv",
        size_bytes=size,
        progress_ratio=0.0,
        is_wanted=True,
    )
    for index, (name, size) in enumerate(
        [("sample", 10), ("Some.Show.S02E02", 900), ("Some.Show.S02E01", 800)]
    )
)


def asked(
    series: object = SERIES,
    episodes: tuple[Episode, ...] = EPISODES,
    name: str = "Some Show S02",
    files: tuple[TorrentFile, ...] = FILES,
) -> PackQuestion:
    return pack_question(series, episodes, name, files)  # type: ignore[arg-type]  # a Series


def test_episodes_are_answered_with_the_indexes_of_their_files() -> None:
    assert answer_pack(asked()).files_by_episode == {(2, 1): (2,), (2, 2): (1,)}


def test_progress_and_order_make_no_new_question() -> None:
    moved = tuple(replace(file, progress_ratio=0.5) for file in reversed(FILES))
    assert asked(episodes=EPISODES[::-1], files=moved) == asked()


@pytest.mark.parametrize(
    "changed",
    [
        asked(files=FILES[:2]),
        asked(files=(*FILES[:2], replace(FILES[2], path="Some Show S02/renamed.mkv"))),
        asked(files=(*FILES[:2], replace(FILES[2], size_bytes=801))),
        asked(episodes=EPISODES[:1]),
        asked(episodes=(EPISODES[0], replace(EPISODES[1], absolute=14))),
        asked(name="Some Show S02 REPACK"),
        asked(series=replace(SERIES, alternate_titles=(AlternateTitle(title="Other", season=2),))),
    ],
    ids=["files", "path", "size", "queue", "absolute number", "torrent", "titles"],
)
def test_what_the_answer_rests_on_makes_a_new_question(changed: PackQuestion) -> None:
    assert changed != asked()


PACK = [f"Some.Show.S01-S02/Some.Show.S0{s}E0{e}.mkv" for s in (1, 2) for e in (1, 2)]


@pytest.mark.parametrize(
    "paths",
    [
        PACK,
        [f"Some Show/Season {s}/Some Show - {s}x0{e}.mkv" for s in (1, 2) for e in (1, 2)],
        [f"Some Show/Season {s}/S0{s}E0{e}.mkv" for s in (1, 2) for e in (1, 2)],
        [f"Some Show/Season {s}/E0{e} - Whatever.mkv" for s in (1, 2) for e in (1, 2)],
    ],
    ids=["SxxExx", "1x01", "SxxExx in folders", "season in the folder"],
)
def test_a_pack_over_two_seasons_of_which_one_is_queued_tells_the_other(paths: list[str]) -> None:
    assert further(paths, queued=1) == {(2, 1): paths[2], (2, 2): paths[3]}
    assert further(paths, queued=2) == {(1, 1): paths[0], (1, 2): paths[1]}


def test_a_pack_of_a_series_of_which_no_episode_is_queued_tells_them_all() -> None:
    assert len(further(PACK, queued=9)) == 4


@pytest.mark.parametrize(
    ("extra", "why"),
    [
        ("Some.Show.S01-S02/Other.Thing.S02E01.mkv", "another series"),
        ("Some.Show.S01-S02/Some.Show.Sample.S02E01.sample.mkv", "a sample"),
        ("Some.Show.S01-S02/Extras/Some.Show.S02E01.Making.Of.mkv", "an extra"),
        ("Some.Show.S01-S02/Some.Show.S02E01.srt", "subtitles"),
        ("Some.Show.S01-S02/Some.Show.S07E01.mkv", "an episode that the series has not"),
        ("Some.Show.S01-S02/Some.Show.03.mkv", "a number without its season"),
        ("Some.Show.S01-S02/whatever.mkv", "nothing"),
        ("Some Show and more/Some Show Spinoff/Some.Show.Spinoff.S02E01.mkv", "a longer title"),
    ],
)
def test_what_is_not_beyond_doubt_tells_nothing(extra: str, why: str) -> None:
    assert further([*PACK[:2], extra], queued=1, sizes={extra: 40 if "ample" in why else 900}) == {}


def test_a_file_of_another_series_in_its_own_folder_tells_nothing() -> None:
    paths = [*PACK[:2], "Some.Show.S01-S02/Other Thing/S02E01.mkv"]
    assert further(paths, queued=1) == {}
