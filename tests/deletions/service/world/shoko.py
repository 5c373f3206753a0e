"""The world's Shoko."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import override

from episodarr.model.health import System
from episodarr.model.ids import ShokoFileId
from episodarr.systems.shoko.records import (
    ShokoFileRecord,
    ShokoFolder,
    ShokoFolderId,
    ShokoLink,
    ShokoPathCheck,
    ShokoPlace,
    ShokoSeries,
    ShokoSeriesFiles,
    ShokoSeriesId,
)
from tests.deletions.service.world.state import Sample, World
from tests.systems.shoko.in_memory import InMemoryShoko

_TV = ShokoFolderId(1)


class ShokoOfWorld(InMemoryShoko):
    """Has the world's records; each series of Sonarr is one of its own."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self._world = world

    @override
    def recorded_files(self) -> Iterator[ShokoFileRecord]:
        series = {tvdb_id: key for key, tvdb_id in self._world.shoko_series.items()}
        for file_id, entry in self._world.shoko.items():
            series_id = series.get(entry.tvdb_id)
            yield _record(
                file_id,
                entry.path.removeprefix("/tv/"),
                is_accessible=self._world.is_seen(entry.path),
                series_id=None if series_id is None else ShokoSeriesId(series_id),
            )

    @override
    async def fetch_readiness(self) -> int:
        self._world.answer(System.SHOKO, "init")
        return self._world.shoko_version

    @override
    async def fetch_is_unrestricted(self) -> bool:
        self._world.answer(System.SHOKO, "user")
        return not self._world.is_restricted

    @override
    async def fetch_series(self, series_id: ShokoSeriesId) -> ShokoSeries | None:
        self._world.answer(System.SHOKO, "one_series")
        if series_id not in self._world.shoko_series:
            return None
        count = sum(1 for _ in self._files_of(series_id))
        return ShokoSeries(local_episode_count=count)

    @override
    async def fetch_series_files(self, series_id: ShokoSeriesId) -> ShokoSeriesFiles:
        self._world.answer(System.SHOKO, "series_files")
        return ShokoSeriesFiles(
            series_id=series_id,
            is_there=series_id in self._world.shoko_series,
            files=tuple(self._files_of(series_id)),
        )

    def _files_of(self, series_id: ShokoSeriesId) -> Iterator[ShokoFileRecord]:
        for record in self.recorded_files():
            if any(link.series_id == series_id for link in record.links or ()):
                yield record

    @override
    async def fetch_files(
        self, file_ids: Iterable[ShokoFileId]
    ) -> Mapping[ShokoFileId, ShokoFileRecord]:
        self._world.answer(System.SHOKO, "file")
        return await super().fetch_files(file_ids)

    @override
    async def fetch_files_at(self, paths: Iterable[str]) -> ShokoPathCheck:
        self._world.answer(System.SHOKO, "files_by_path")
        return await super().fetch_files_at(paths)

    @override
    async def fetch_all_files[P](self, keep: Callable[[Sequence[ShokoFileRecord]], P]) -> list[P]:
        self._world.answer(System.SHOKO, "folder_page")
        return await super().fetch_all_files(keep)

    @override
    async def fetch_folders(self) -> tuple[ShokoFolder, ...]:
        self._world.answer(System.SHOKO, "folders")
        above = "/other" if System.SHOKO in self._world.strangers else "/media"
        return tuple(
            ShokoFolder(folder_id=ShokoFolderId(number), name=name, path=f"{above}/{name}/")
            for number, name in enumerate(self._world.shoko_folders, 1)
        )

    @override
    async def fetch_folder_sample(
        self, folder_id: ShokoFolderId, *, limit: int = 20
    ) -> tuple[ShokoFileRecord, ...]:
        self._world.answer(System.SHOKO, "folder_page")
        sample = tuple(self._world.shoko_folders.values())[folder_id - 1]
        files = self.recorded_files() if sample is None else _sampled(folder_id, sample)
        return tuple(files)[:limit]

    @override
    async def remove_missing_files(self) -> None:
        await self._world.rescan(System.SHOKO)

    @override
    async def notify_change(self, absolute_path: str) -> None:
        await self._world.rescan(System.SHOKO, [absolute_path])


def _sampled(folder_id: ShokoFolderId, sample: Sample) -> Iterator[ShokoFileRecord]:
    for number in range(sample.recorded):
        is_accessible = number < sample.seen
        yield _record(9_000 + number, f"{number}.mkv", folder_id, is_accessible=is_accessible)


def _record(
    file_id: int,
    relative_path: str,
    folder_id: ShokoFolderId = _TV,
    *,
    is_accessible: bool,
    series_id: ShokoSeriesId | None = None,
) -> ShokoFileRecord:
    return ShokoFileRecord(
        file_id=ShokoFileId(file_id),
        size_bytes=1_000_000 + file_id,
        places=(
            ShokoPlace(
                folder_id=folder_id,
                relative_path=relative_path,
                absolute_path=None,
                is_accessible=is_accessible,
            ),
        ),
        links=(ShokoLink(series_id=series_id, episode_count=1),) if series_id else (),
    )
