"""A Shoko client over records in memory, for tests of what follows from its answers."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import override

from episodarr.model.ids import ShokoFileId
from episodarr.systems.shoko.client import ShokoClient
from episodarr.systems.shoko.records import (
    ShokoFileRecord,
    ShokoFolder,
    ShokoFolderId,
    ShokoPathCheck,
)


class InMemoryShoko(ShokoClient):
    """A Shoko with these records; its series, samples and changes are a subclass's own."""

    def __init__(self) -> None:
        """Without a connection."""

    def recorded_files(self) -> Iterable[ShokoFileRecord]:
        """All file records."""
        return ()

    @override
    async def fetch_readiness(self) -> int:
        return 5

    @override
    async def fetch_is_unrestricted(self) -> bool:
        return True

    @override
    async def fetch_files(
        self, file_ids: Iterable[ShokoFileId]
    ) -> Mapping[ShokoFileId, ShokoFileRecord]:
        wanted = set(file_ids)
        return {r.file_id: r for r in self.recorded_files() if r.file_id in wanted}

    @override
    async def fetch_files_at(self, paths: Iterable[str]) -> ShokoPathCheck:
        """Folder and name are compared, as by the real one."""
        asked = frozenset(paths)
        tails = {_tail(path) for path in asked}
        return ShokoPathCheck(
            asked_paths=asked,
            files=tuple(
                record
                for record in self.recorded_files()
                if any(_tail(place.relative_path) in tails for place in record.places)
            ),
        )

    @override
    async def fetch_all_files[P](self, keep: Callable[[Sequence[ShokoFileRecord]], P]) -> list[P]:
        return [keep(tuple(self.recorded_files()))]

    @override
    async def fetch_folders(self) -> tuple[ShokoFolder, ...]:
        return (ShokoFolder(folder_id=ShokoFolderId(1), name="anime", path="/anime/"),)


def _tail(path: str) -> str:
    return "/".join(path.split("/")[-2:]).lower()
