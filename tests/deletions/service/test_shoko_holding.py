"""Which of a series' files Shoko is asked for, and how many, before it is said to have none."""

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime

from episodarr.model.ids import EpisodeFileId, ShokoFileId
from episodarr.model.inventory import LibraryFile, Taken
from episodarr.model.library import Series
from episodarr.systems.shoko.evidence import ShokoTestifier
from episodarr.systems.shoko.records import (
    ShokoFileRecord,
    ShokoFolder,
    ShokoFolderId,
    ShokoPathCheck,
    ShokoPlace,
)
from tests.deletions.service.world import CHARLOTTE, a_world

NOW = datetime(2026, 3, 1, tzinfo=UTC)


class OneSeason(ShokoTestifier):
    """A Shoko that was given one season of several."""

    def __init__(self, season: int) -> None:
        super().__init__(self)  # type: ignore[arg-type]  # only what an inventory needs
        self.season = season
        self.asked: list[int] = []

    async def fetch_folders(self) -> tuple[ShokoFolder, ...]:
        return (ShokoFolder(folder_id=ShokoFolderId(1), name="tv", path="/tv"),)

    async def fetch_files_at(self, paths: Iterable[str]) -> ShokoPathCheck:
        asked = tuple(paths)
        self.asked.append(len(asked))
        found = [path for path in asked if f"/Season {self.season}/" in path]
        records = tuple(
            ShokoFileRecord(
                file_id=ShokoFileId(n),
                size_bytes=1,
                places=(
                    ShokoPlace(
                        folder_id=ShokoFolderId(1),
                        relative_path=path.removeprefix("/tv/"),
                        absolute_path=None,
                        is_accessible=True,
                    ),
                ),
                links=(),
            )
            for n, path in enumerate(found)
        )
        return ShokoPathCheck(asked_paths=frozenset(asked), files=records)


def take(season: int) -> tuple[Taken[object], list[int]]:
    series: Series = a_world().shows[CHARLOTTE].series()
    files = tuple(
        LibraryFile(
            file_id=EpisodeFileId(100 * s + e),
            episodes=((s, e),),
            path=f"/tv/Charlotte/Season {s}/E{e:02}.mkv",
            size_bytes=1,
        )
        for s in (1, 2, 3, 4, 5)
        for e in range(1, 11)
    )
    shoko = OneSeason(season)
    return asyncio.run(shoko.holding(series, files, NOW)), shoko.asked


def test_one_season_of_five_is_found_whichever_it_is() -> None:
    for season in range(1, 6):
        taken, asked = take(season)
        assert len(taken.value.files) == 10  # type: ignore[attr-defined]  # a ShokoHolding
        assert taken.is_complete
        assert asked == [7, 50]


def test_a_series_that_is_not_there_costs_a_few_questions() -> None:
    taken, asked = take(9)
    assert taken.is_complete
    assert not taken.value.files  # type: ignore[attr-defined]  # a ShokoHolding
    assert asked == [7]
