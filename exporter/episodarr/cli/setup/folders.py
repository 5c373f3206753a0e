"""How `episodarr check` tests folders: files where the mappings put them, series in Jellyfin."""

import json
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from time import monotonic

from episodarr.cli.setup.findings import Finding, bad, good
from episodarr.cli.setup.mounted import find_folder, mounted_folders
from episodarr.model.ids import SonarrSeriesId
from episodarr.model.inventory import FileNotFound, FileSeen, FileUnclear, FileUnmapped
from episodarr.model.library import EpisodeFile, Series
from episodarr.runtime.workers import Worker
from episodarr.systems.disk.client import DiskClient
from episodarr.systems.disk.mapping import PathMappings
from episodarr.systems.jellyfin.linking import index_series, link_series
from episodarr.systems.jellyfin.records import JellyfinSeries
from episodarr.systems.paths import below, clean
from episodarr.views.text import sentence_list

PROOF_FILES = 3
"""Real files that have to be found, per root folder."""
PROOF_SERIES = 3
"""Series of a root folder that are asked for such files."""
SEARCH_SECONDS = 5.0
"""For one root folder that is not where it should be."""

type FetchFiles = Callable[[SonarrSeriesId], Awaitable[Sequence[EpisodeFile]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Root:
    """One folder that series of a Sonarr lie in, as Sonarr sees it."""

    path: str
    series: tuple[Series, ...]

    @property
    def with_files(self) -> tuple[Series, ...]:
        """Those of its series that have a file."""
        return tuple(s for s in self.series if any(c.episode_file_count for c in s.seasons))


def roots_of(folders: Iterable[str], library: Iterable[Series]) -> tuple[Root, ...]:
    """Sonarr's root folders with their series, and the folders of series that lie in none of them."""
    paths = {clean(folder): folder for folder in folders}
    found: dict[str, list[Series]] = {path: [] for path in paths}
    for series in sorted(library, key=lambda s: s.sonarr_id):
        path = clean(series.path)
        inside = [root for root in paths if below(path, root) is not None]
        home = max(inside, key=len) if inside else path.rpartition("/")[0] or path
        found.setdefault(home, []).append(series)
    return tuple(Root(path=path, series=tuple(found[path])) for path in sorted(found))


class Proving:
    """The check of where files are, with what the exporter itself would see of them."""

    def __init__(self, paths: Mapping[str, str], starts: Sequence[str] | None = None) -> None:
        """`starts` are the folders to search for Sonarr's; those that are mounted if not given."""
        self._given = PathMappings(paths)
        self._disk = DiskClient(paths)
        self._starts = tuple(starts) if starts is not None else None
        self._worker = Worker("search")

    async def prove(self, subject: str, roots: Sequence[Root], fetch_files: FetchFiles) -> Finding:
        """Check files of Sonarr's list, in every root folder, as the inventory would.

        Raises:
            UpstreamError: Sonarr's list of files cannot be fetched, or the disk does not answer.
        """
        places = [await self._place(root, fetch_files) for root in roots]
        return _finding(subject, places, has_mappings=bool(self._given.roots))

    async def _place(self, root: Root, fetch_files: FetchFiles) -> "_Place":
        is_mapped = self._given.to_local(root.path) is not None
        series, sizes = await _some_files(root, fetch_files)
        place = _Place(root=root, is_mapped=is_mapped)
        if series is None:
            return place
        holding = await self._disk.take(series.path, sizes, root.path)
        for path, sighting in holding.sighting_by_path.items():
            match sighting:
                case FileSeen(local_path=local_path):
                    place.seen = local_path
                case FileNotFound(local_path=local_path):
                    place.wrong = f"{path} should be at {local_path}, and is not"
                case FileUnclear(why=why):
                    place.wrong = why
                case FileUnmapped():
                    place.is_lost = True
        if place.wrong or place.is_lost:
            place.found = await self._search(root.path, sizes)
        return place

    async def _search(self, root: str, sizes: Mapping[str, int]) -> str | None:
        """Where the root folder lies on this machine, as far as that can be found in time."""
        names = {rest: size for path, size in sizes.items() if (rest := below(clean(path), root))}
        starts = mounted_folders() if self._starts is None else self._starts
        ends_at = monotonic() + SEARCH_SECONDS
        try:
            return await self._worker.run(
                lambda: find_folder(names, starts, lambda: monotonic() < ends_at),
                within_seconds=2 * SEARCH_SECONDS,
            )
        except TimeoutError:
            return None


@dataclass(slots=True, kw_only=True)
class _Place:
    """What was seen of one root folder."""

    root: Root
    is_mapped: bool
    seen: str = ""
    """The last of the files that are there."""
    wrong: str = ""
    """Why a file of a mapped folder is not there."""
    is_lost: bool = False
    """It has no mapping, and its own name does not lead to it."""
    found: str | None = None
    """Where the search found it."""


def _finding(subject: str, places: Sequence[_Place], *, has_mappings: bool) -> Finding:
    paths = {p.root.path: p.found for p in places if p.found is not None}
    wrong = next((p for p in places if p.wrong), None)
    lost = [p for p in places if p.is_lost]
    seen = [p for p in places if p.seen]
    if wrong is not None:
        return bad(subject, f"{wrong.wrong}: check EPISODARR_PATHS and the mount", paths)
    if lost and (has_mappings or seen):
        names = sentence_list([p.root.path for p in lost], limit=20)
        return bad(
            subject,
            f"no mapping for {names}, and not found under its own name: mount it there, or add to "
            f"EPISODARR_PATHS, with its place on this machine on the right: {_suggested(lost)}",
            paths,
        )
    if lost:
        return good(
            subject,
            "are not checked: mount Sonarr's root folders under their own names, or set "
            f"EPISODARR_PATHS, to have deletions verified on disk (for example: {_suggested(lost)})",
            paths,
        )
    if not seen:
        return good(subject, "Sonarr has no file to check yet")
    all_roots = f", in all {len(places)} root folders" if len(places) > 1 else ""
    return good(
        subject, f"are where they should be{all_roots}{_by_own_name(seen)}, as in {seen[-1].seen}"
    )


def _by_own_name(seen: Sequence[_Place]) -> str:
    own = [p.root.path for p in seen if not p.is_mapped]
    if not own:
        return ""
    return f" ({sentence_list(own, limit=20)} under Sonarr's own name, without EPISODARR_PATHS)"


async def _some_files(
    root: Root, fetch_files: FetchFiles
) -> tuple[Series | None, Mapping[str, int]]:
    """A series of the root folder, with the sizes of a few of its files."""
    for series in root.with_files[:PROOF_SERIES]:
        files = await fetch_files(series.sonarr_id)
        sizes = {file.path: file.size_bytes for file in files}
        if sizes:
            return series, {path: sizes[path] for path in sorted(sizes)[:PROOF_FILES]}
    return None, {}


def listed_by_jellyfin(
    subject: str, roots: Sequence[Root], listed: Sequence[JellyfinSeries]
) -> Finding:
    """How many series of each root folder Jellyfin lists; a folder of which it lists none is wrong."""
    index = index_series(listed)
    counts: list[str] = []
    unseen: list[str] = []
    for root in roots:
        there = root.with_files
        known = sum(1 for series in there if link_series(series, index))
        if there:
            counts.append(f"{known} of {len(there)} series of {root.path}")
        if there and not known:
            unseen.append(root.path)
    words = f"lists {sentence_list(counts, limit=20)}" if counts else "has no series to list yet"
    if unseen:
        names = sentence_list(unseen, limit=20)
        return bad(
            subject,
            f"{words}: add {names} to a library there and scan it, or check that its user may see it",
        )
    return good(subject, words)


def _suggested(places: Iterable[_Place]) -> str:
    paths = {p.root.path: p.found or p.root.path for p in places}
    return json.dumps(paths, ensure_ascii=False)
