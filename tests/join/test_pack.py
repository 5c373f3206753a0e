"""The matcher asked in Sonarr's and the client's words; equal questions have one kept answer."""

import pytest

from exporter.join.pack import PackQuestion, answer_pack, pack_question
from exporter.model.download import TorrentFile
from exporter.model.ids import SonarrEpisodeId
from exporter.model.library import AlternateTitle, Episode
from tests.replacing import replace
from tests.strategies import a_series

SERIES = replace(a_series(), title="Some Show")
EPISODES = tuple(
    Episode(
        sonarr_id=SonarrEpisodeId(number),
        season=2,
        episode=number,
        title=f"Tale {number}",
        is_monitored=True,
        file_id=None,
    )
    for number in (1, 2)
)
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
    assert answer_pack(asked()) == {(2, 1): (2,), (2, 2): (1,)}


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
