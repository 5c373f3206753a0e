"""What is at a path: blocking calls that give *unclear* wherever *absent* is not proven.

Only `ENOENT` from the very system call is absence. Everything else, from a stale handle to a folder
that may not be searched, is unclear. Links are followed only to find where they lead: a path that
leaves the mapped roots is not checked.
"""

import os
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from episodarr.model.check import (
    DiskQuestion,
    DiskSeen,
    FolderSeen,
    FolderUnclear,
    PathAbsent,
    PathPresent,
    PathState,
    PathUnclear,
    RootState,
    VideoLeft,
)
from episodarr.model.inventory import DiskControl, FolderIdentity
from episodarr.systems.disk.mapping import PathMappings
from episodarr.systems.disk.places import clean_name, leads_outside, mount_of, words_of
from episodarr.systems.disk.spelling import Listings
from episodarr.systems.paths import folded

VIDEO_SUFFIXES = frozenset(
    {
        ".3gp",
        ".asf",
        ".avi",
        ".divx",
        ".flv",
        ".iso",
        ".m2ts",
        ".m4v",
        ".mk3d",
        ".mkv",
        ".mov",
        ".mp4",
        ".mpeg",
        ".mpg",
        ".mts",
        ".ogm",
        ".ogv",
        ".rmvb",
        ".strm",
        ".ts",
        ".vob",
        ".webm",
        ".wmv",
    }
)
"""Source: Sonarr 4.0 MediaFileExtensions, those that hold episodes."""

ENTRIES_LIMIT = 200_000
"""More entries in one series' folder are not read, and the result is unclear."""


def check_again(
    question: DiskQuestion, mappings: PathMappings, at: datetime, proceed: Callable[[], bool]
) -> DiskSeen:
    """The state of each path of a deletion; once `proceed` gives False, the rest is unclear.

    Roots and controls count only if they exist before and after: a share may come and go.
    """
    before = {root: _root_state(root) for root in question.roots}
    controls = [c for c in question.controls if _is_there(c, mappings)]
    looking = _Checking(mappings)
    states: dict[str, PathState] = {}
    asked: list[tuple[str, Callable[[str], PathState]]] = []
    asked += [(path, looking.seen_before) for path in question.paths]
    asked += [(path, looking.never_seen) for path in question.unseen_paths]
    for path, check in asked:
        states[path] = check(path) if proceed() else PathUnclear(why="the check took too long")
    folder = _check_folder(question, mappings, proceed)
    seen = tuple(c for c in controls if proceed() and _is_there(c, mappings))
    return DiskSeen(
        at=at,
        method=f"lstat of {len(states)} paths",
        state_by_path=states,
        controls=seen,
        missing_controls=tuple(c for c in question.controls if c not in seen),
        root_by_path={
            root: state
            for root, state in before.items()
            if state is not None and _root_state(root) == state
        },
        folder=folder,
    )


def _root_state(root: str) -> RootState | None:
    try:
        status = os.stat(root)  # noqa: PTH116 thousands of paths: strings are ten times cheaper
    except OSError:
        return None
    if not stat.S_ISDIR(status.st_mode):
        return None
    return RootState(device=status.st_dev, inode=status.st_ino)


class _Checking:
    """The check of the paths of one deletion, with the listings they share."""

    def __init__(self, mappings: PathMappings) -> None:
        self._mappings = mappings
        self._listings = Listings()
        self._outside_by_folder: dict[str, str | None] = {}

    def seen_before(self, path: str) -> PathState:
        """The state of one of our paths; unclear where the name exists in another spelling."""
        state = self._exact(path)
        if not isinstance(state, PathAbsent):
            return state
        root = self._mappings.root_of(path)
        try:
            others = self._listings.spellings(path, root) if root is not None else ()
        except (OSError, ValueError) as error:
            return PathUnclear(why=words_of(path, error))
        if not others:
            return state
        return PathUnclear(
            why=f"{clean_name(others[0])} is there, the same name spelled differently"
        )

    def never_seen(self, remote: str) -> PathState:
        """The state of one of Sonarr's paths; present in any spelling of its name."""
        local = self._mappings.to_local(remote)
        if local is None:
            return PathUnclear(why=f"no path mapping covers {remote}")
        state = self._exact(local.path)
        if not isinstance(state, PathAbsent):
            return state
        try:
            others = self._listings.spellings(local.path, local.root)
        except (OSError, ValueError) as error:
            return PathUnclear(why=words_of(local.path, error))
        return self._exact(others[0]) if others else state

    def _exact(self, path: str) -> PathState:
        folder = os.path.dirname(path)  # noqa: PTH120 see above
        if folder not in self._outside_by_folder:
            self._outside_by_folder[folder] = leads_outside(folder, self._mappings)
        outside = self._outside_by_folder[folder]
        if outside is not None:
            return PathUnclear(why=outside)
        try:
            status = os.lstat(path)
        except FileNotFoundError:
            return PathAbsent()
        except (OSError, ValueError) as error:
            return PathUnclear(why=words_of(path, error))
        return PathPresent(size_bytes=status.st_size, device=status.st_dev, inode=status.st_ino)


def _is_there(control: DiskControl, mappings: PathMappings) -> bool:
    try:
        folder = os.path.dirname(control.path)  # noqa: PTH120 see above
        if leads_outside(folder, mappings) is not None:
            return False
        status = os.lstat(control.path)
        return not stat.S_ISDIR(status.st_mode) and (
            mount_of(folder, control.root) == control.mount
        )
    except (OSError, ValueError):
        return False


def _check_folder(
    question: DiskQuestion, mappings: PathMappings, proceed: Callable[[], bool]
) -> FolderSeen | FolderUnclear:
    folder = question.folder
    if folder is None:
        return FolderSeen(exists=False)
    outside = leads_outside(folder.path, mappings)
    if outside is not None:
        return FolderUnclear(why=outside)
    try:
        os.lstat(folder.path)
    except FileNotFoundError:
        return _moved(folder, question.paths)
    except (OSError, ValueError) as error:
        return FolderUnclear(why=words_of(folder.path, error))
    seen = _read_folder(folder.path, _Others.of(question, mappings), proceed)
    around = _unread_around(question, mappings)
    if around is not None and isinstance(seen, FolderSeen) and seen.videos:
        return FolderUnclear(
            why=f"{clean_name(seen.videos[0].path)} may be of the series in {around}, whose files"
            " were not inventoried yet"
        )
    return seen


def _unread_around(question: DiskQuestion, mappings: PathMappings) -> str | None:
    """A folder of a series with unknown files that contains, or is, the deleted one."""
    inner = folded(question.folder.path) + "/" if question.folder is not None else ""
    for remote in question.unread_folders:
        local = mappings.to_local(remote)
        if local is not None and inner.startswith(folded(local.path).rstrip("/") + "/"):
            return local.path
    return None


@dataclass(frozen=True, slots=True)
class _Others:
    """The paths in a folder that belong to other series, compared regardless of spelling."""

    folders: frozenset[str]
    paths: frozenset[str]

    @classmethod
    def of(cls, question: DiskQuestion, mappings: PathMappings) -> "_Others":
        own = folded(question.folder.path) if question.folder is not None else ""
        unread = (mappings.to_local(remote) for remote in question.unread_folders)
        inside = {folded(local.path) for local in unread if local is not None} - {own}
        return cls(
            frozenset(inside.union(map(folded, question.other_folders))),
            frozenset(map(folded, question.other_paths)),
        )


def _read_folder(
    folder: str, others: _Others, proceed: Callable[[], bool]
) -> FolderSeen | FolderUnclear:
    videos: list[VideoLeft] = []
    for count, video in enumerate(_videos(folder, others.folders)):
        if isinstance(video, FolderUnclear):
            return video
        if count > ENTRIES_LIMIT or not proceed():
            return FolderUnclear(why=f"{folder} holds too much to be read in time")
        if video is not None and folded(video.path) not in others.paths:
            videos.append(video)
    return FolderSeen(exists=True, videos=tuple(videos))


def _moved(folder: FolderIdentity, paths: Sequence[str]) -> FolderSeen | FolderUnclear:
    """The absent folder, with the sibling that is the same folder under another name, if any.

    The inode alone could have been given to a new folder: one of the files has to be in it, too.
    """
    above = os.path.dirname(folder.path)  # noqa: PTH120 see above
    try:
        with os.scandir(above) as entries:
            for entry in entries:
                if entry.inode() == folder.inode and _holds_any(entry.path, folder.path, paths):
                    return FolderSeen(exists=False, moved_to=clean_name(entry.path))
    except FileNotFoundError:
        return FolderSeen(exists=False)
    except (OSError, ValueError) as error:
        return FolderUnclear(why=words_of(above, error))
    return FolderSeen(exists=False)


def _holds_any(candidate: str, folder: str, paths: Sequence[str]) -> bool:
    inside = (path[len(folder) :] for path in paths if path.startswith(folder + "/"))
    return any(os.path.lexists(candidate + rest) for rest in inside)


def _videos(top: str, other_folders: frozenset[str]) -> Iterator[VideoLeft | FolderUnclear | None]:
    """Every video below a folder, None for each other entry; links are not followed."""
    folders = [top]
    while folders:
        folder = folders.pop()
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        if folded(entry.path) not in other_folders:
                            folders.append(entry.path)
                        yield None
                        continue
                    yield _video(entry)
        except FileNotFoundError:
            continue  # it was removed while it was read, with all in it
        except (OSError, ValueError) as error:
            yield FolderUnclear(why=words_of(folder, error))


def _video(entry: os.DirEntry[str]) -> VideoLeft | None:
    suffix = os.path.splitext(entry.name)[1].lower()  # noqa: PTH122 see above
    if suffix not in VIDEO_SUFFIXES:
        return None
    try:
        status = entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        return None
    return VideoLeft(
        path=clean_name(entry.path),
        size_bytes=status.st_size,
        device=status.st_dev,
        inode=status.st_ino,
    )
