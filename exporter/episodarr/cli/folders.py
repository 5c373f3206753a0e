"""How `episodarr check` tests folders: files where the mappings put them, series in Jellyfin."""

import json
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from episodarr.cli.findings import Finding, bad, good
from episodarr.model.ids import SonarrSeriesId
from episodarr.model.library import EpisodeFile, Series
from episodarr.systems.disk.mapping import PathMappings
from episodarr.systems.jellyfin.linking import index_series, link_series
from episodarr.systems.jellyfin.records import JellyfinSeries
from episodarr.systems.paths import below, clean
from episodarr.views.text import sentence_list

PROOF_FILES = 3
"""Real files that have to be found through the path mappings, per root folder."""
PROOF_SERIES = 3
"""Series of a root folder that are asked for such files."""

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


async def prove_paths(
    subject: str, paths: Mapping[str, str], roots: Sequence[Root], fetch_files: FetchFiles
) -> Finding:
    """Stat files of Sonarr's list, in every root folder, where the mappings put them.

    Raises:
        UpstreamError: Sonarr's list of files cannot be fetched.
    """
    if not paths:
        return good(
            subject,
            "are not looked at: set EPISODARR_PATHS to have deletions verified on disk "
            f"(for example: {_suggested(roots)})",
        )
    mappings = PathMappings(paths)
    unmapped = [root for root in roots if mappings.to_local(root.path) is None]
    if unmapped:
        names = sentence_list([root.path for root in unmapped], limit=20)
        return bad(
            subject,
            f"no mapping for {names}: add to EPISODARR_PATHS, with the folder's place on this "
            f"machine on the right: {_suggested(unmapped)}",
        )
    proven: list[str] = []
    for root in roots:
        for file in await _some_files(root, fetch_files):
            local = mappings.to_local(file)
            if local is None or not _is_there(Path(local.path)):
                return bad(
                    subject,
                    f"{file} should be at {local.path if local else 'no place'}, and is not: "
                    "check EPISODARR_PATHS and the mount",
                )
            proven.append(local.path)
    if not proven:
        return good(subject, "Sonarr has no file to look for yet")
    seen = f", in all {len(roots)} root folders" if len(roots) > 1 else ""
    return good(subject, f"are where they should be{seen}, as in {proven[-1]}")


async def _some_files(root: Root, fetch_files: FetchFiles) -> list[str]:
    found: list[str] = []
    for series in root.with_files[:PROOF_SERIES]:
        files = await fetch_files(series.sonarr_id)
        found += sorted(file.path for file in files)[:PROOF_FILES]
        if found:
            break
    return found[:PROOF_FILES]


def listed_by_jellyfin(
    subject: str, paths: Mapping[str, str], roots: Sequence[Root], listed: Sequence[JellyfinSeries]
) -> Finding:
    """How many series of each root folder Jellyfin lists; a folder of which it lists none is wrong."""
    index = index_series(listed)
    counts: list[str] = []
    unseen: list[str] = []
    for root in roots:
        there = root.with_files
        known = sum(1 for series in there if link_series(series, index, paths))
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


def _suggested(roots: Iterable[Root]) -> str:
    return json.dumps({root.path: root.path for root in roots}, ensure_ascii=False)


def _is_there(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False
