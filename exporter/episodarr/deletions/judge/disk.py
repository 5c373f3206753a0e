"""The disk: the inventoried paths are gone while their file system is proven to be there.

Every path at which a file may be is checked, seen before or not: a file present there remains.

An empty mount point has the same effect as a deletion. So an absent path counts only beside a control
file of the same root folder of Sonarr on the same file system, or, where nothing else was in it, if
the root is the very folder, by device and inode, that the files were seen under. A renamed or moved
file is not gone: a video of the same size in the series' folder, or the folder itself under another
name, makes the answer unclear.
"""

from collections.abc import Mapping

from episodarr.deletions.judge.proof import (
    Judgement,
    counted,
    failed,
    prove,
    same_for_all,
)
from episodarr.deletions.questions.disk import NOTHING_ON_DISK, expected_paths
from episodarr.model.check import (
    CheckFailed,
    DiskCheck,
    DiskSeen,
    FolderSeen,
    FolderUnclear,
    PathPresent,
    PathState,
    PathUnclear,
    VideoLeft,
)
from episodarr.model.deletion import DeletionScope
from episodarr.model.deletion_log import DeletionRecord, ExpectedEpisode
from episodarr.model.evidence import Control, Finding, NotApplicable, Remaining, Sighting, Unclear
from episodarr.model.inventory import (
    DiskHolding,
    FileNotFound,
    FileSeen,
    FileUnclear,
    FileUnmapped,
    PartMissing,
    PartNotConfigured,
    Taken,
)


def judge_disk(record: DeletionRecord, check: DiskCheck) -> Judgement:
    """The disk's findings: one per episode, and one on the series' folder."""
    part = record.inventory.disk
    if isinstance(part, PartNotConfigured):
        numbers = tuple(e.number for e in record.expected)
        finding = NotApplicable(why="the disk is not configured")
        return same_for_all(numbers, finding, at=check.at, method=check.method)
    case = _Case(record, part, check)
    return Judgement(
        at=check.at,
        method=check.method,
        finding_by_episode={e.number: _judge_episode(e, case) for e in record.expected},
        record=_judge_folder(case),
    )


class _Case:
    """One deletion's inventory and check result, with what its episodes share."""

    def __init__(
        self, record: DeletionRecord, part: Taken[DiskHolding] | PartMissing, check: DiskCheck
    ) -> None:
        self.record = record
        self.part = part
        self.check = check
        self.paths_by_number = expected_paths(record)
        self.held = part.value if isinstance(part, Taken) else NOTHING_ON_DISK
        self.stranger_by_size = _strangers(self.held, check)
        self.was_good_check = any(
            isinstance(sighting, FileSeen) for sighting in self.held.sighting_by_path.values()
        )
        """Whether the inventory found any file; if not, it had a wrong path or was too early."""
        self._control_by_place: dict[tuple[str, str | None], Control | Unclear] = {}

    def state(self, path: str) -> PathState:
        """The state of one of Sonarr's paths, checked as spelled by Sonarr or in our view."""
        sighting = self.held.sighting_by_path.get(path)
        keys = [path]
        if isinstance(sighting, FileSeen | FileNotFound):
            keys.append(sighting.local_path)
        states = {} if isinstance(self.check, CheckFailed) else self.check.state_by_path
        found = (states[key] for key in keys if key in states)
        return next(found, PathUnclear(why="not checked"))

    def control(self, check: DiskSeen, root: str, mount: str | None) -> Control | Unclear:
        """The control for a root on a mount, or why there is none; the whole root for None."""
        place = (root, mount)
        if place not in self._control_by_place:
            self._control_by_place[place] = _control(self.held, check, root, mount)
        return self._control_by_place[place]


def _strangers(held: DiskHolding, check: DiskCheck) -> Mapping[int, VideoLeft]:
    """Videos in the folder that the inventory does not have, by size in bytes.

    Not by inode: a file system gives the inode of a deleted file to the next new one.
    """
    if isinstance(check, CheckFailed) or isinstance(check.folder, FolderUnclear):
        return {}
    known = _known_paths(held)
    return {v.size_bytes: v for v in check.folder.videos if v.path not in known}


def _known_paths(held: DiskHolding) -> set[str]:
    return {s.local_path for s in held.sighting_by_path.values() if isinstance(s, FileSeen)}


def _judge_episode(episode: ExpectedEpisode, case: _Case) -> Finding:
    """Remaining if present at any path; removed only if seen before, and at none of its paths."""
    paths = case.paths_by_number[episode.number]
    for path in paths:
        state = case.state(path)
        if isinstance(state, PathPresent):
            return Remaining(what=_what_is_there(path, state, episode, case.held))
    never_seen = _never_seen(episode, paths, case)
    if isinstance(never_seen, Unclear):
        return never_seen
    mapped = [p for p in paths if not isinstance(case.held.sighting_by_path.get(p), FileUnmapped)]
    if never_seen is not None and not mapped:
        return never_seen
    if isinstance(case.check, CheckFailed):
        return failed(case.check)
    for path in mapped:
        state = case.state(path)
        if isinstance(state, PathUnclear):
            return Unclear(why=state.why)
    return never_seen or _judge_absent(episode, paths, case, case.check)


def _what_is_there(
    path: str, state: PathPresent, episode: ExpectedEpisode, held: DiskHolding
) -> str:
    sighting = held.sighting_by_path.get(path)
    local_path = sighting.local_path if isinstance(sighting, FileSeen) else path
    if path != episode.path:
        return f"{local_path}, where it was before Sonarr called it {episode.path}"
    if not isinstance(sighting, FileSeen):
        return f"{local_path}, which was not seen when it was inventoried"
    return local_path + ("" if state.inode == sighting.inode else " (another file by now)")


def _never_seen(
    episode: ExpectedEpisode, paths: tuple[str, ...], case: _Case
) -> NotApplicable | Unclear | None:
    """The finding on a file that was seen at none of its paths before; None if it was at one."""
    sightings = [case.held.sighting_by_path.get(path) for path in paths]
    if any(isinstance(sighting, FileSeen) for sighting in sightings):
        return None
    if isinstance(case.part, PartMissing):
        return _not_inventoried(case.part)
    match case.held.sighting_by_path.get(episode.path):
        case FileUnmapped():
            return NotApplicable(why=f"no path mapping covers {episode.path}")
        case FileNotFound(local_path=local_path) if case.was_good_check:
            return NotApplicable(
                why=f"never seen at {local_path}, unlike other files of the series"
            )
        case FileNotFound(local_path=local_path):
            return Unclear(
                why=f"never seen at {local_path}: is the path mapping right, and was it mounted?"
            )
        case FileUnclear(why=why):
            return Unclear(why=f"the file could not be seen before: {why}")
        case _:
            return Unclear(why="the file was not statted before")


def _not_inventoried(part: PartMissing) -> Unclear:
    message = f": {part.message}" if part.message else ""
    return Unclear(why=f"the disk was not inventoried before{message}")


def _judge_absent(
    episode: ExpectedEpisode, paths: tuple[str, ...], case: _Case, check: DiskSeen
) -> Finding:
    """Removed if every root of its paths has a control; the file is at none of them now."""
    control: Control | None = None
    seen: FileSeen | None = None
    found: Control | Unclear
    for path in paths:
        sighting = case.held.sighting_by_path.get(path)
        if isinstance(sighting, FileSeen):
            seen = seen or sighting
            found = _renamed(sighting, check, case.stranger_by_size) or case.control(
                check, sighting.root, sighting.mount
            )
        elif isinstance(sighting, FileNotFound):
            found = _whole_root(sighting.local_path, case, check)
        else:
            continue
        if isinstance(found, Unclear):
            return found
        control = control or found
    if seen is None or control is None or not isinstance(case.part, Taken):
        return Unclear(why="the file was not statted before")
    return prove(
        Sighting(what=seen.local_path, at=case.part.at),
        control,
        checked_at=check.at,
        noticed_at=episode.noticed_at,
    )


def _whole_root(path: str, case: _Case, check: DiskSeen) -> Control | Unclear:
    """The control of the whole root around a path never seen, or why there is none."""
    roots = [root.path for root in case.held.roots if is_below(path, root.path)]
    if not roots:
        return Unclear(why=f"nothing shows that {path} could be seen")
    return case.control(check, max(roots, key=len), None)


def _renamed(
    sighting: FileSeen, check: DiskSeen, strangers: Mapping[int, VideoLeft]
) -> Unclear | None:
    if isinstance(check.folder, FolderUnclear):
        return Unclear(why=f"the series' folder could not be read: {check.folder.why}")
    if check.folder.moved_to is not None:
        return Unclear(why=f"the series' folder seems to have moved to {check.folder.moved_to}")
    twin = strangers.get(sighting.size_bytes)
    if twin is not None:
        return Unclear(why=f"it seems to have been renamed to {twin.path}")
    return None


def _control(held: DiskHolding, check: DiskSeen, root: str, mount: str | None) -> Control | Unclear:
    """Another file of the same root folder and file system that should be there, and is.

    Where most control files are gone too, a part of a pool may be away. The root folder alone is a
    control only if no other file was known to lie in it.
    """
    seen = [c for c in check.controls if is_below(c.path, root)]
    missing = [c for c in check.missing_controls if is_below(c.path, root)]
    near = [c for c in seen if mount is None or (c.root, c.mount) == (root, mount)]
    gone = [c for c in missing if mount is None or (c.root, c.mount) == (root, mount)]
    if near and len(near) >= len(gone):
        return Control(what=f"{near[0].path} is there")
    state = check.root_by_path.get(root)
    if state is None:
        return Unclear(why=f"{root} is not there: is it mounted?")
    is_it = any(
        (recorded.path, recorded.device, recorded.inode) == (root, state.device, state.inode)
        and mount in (None, recorded.mount)
        for recorded in held.roots
    )
    if is_it and missing:
        return Unclear(
            why=f"{missing[0].path}, which was not deleted, is not there either:"
            f" is all of {root} mounted?"
        )
    if is_it and not seen:
        return Control(what=f"{root} is the folder it was, device and inode")
    return Unclear(why=f"nothing shows that {mount or root} is mounted as it was")


def _judge_folder(case: _Case) -> Finding:
    record, part, check = case.record, case.part, case.check
    if record.scope is not DeletionScope.SERIES:
        return NotApplicable(why="the series itself was not deleted")
    if isinstance(part, PartMissing):
        return _not_inventoried(part)
    folder = part.value.folder
    if folder is None:
        return NotApplicable(why="the series' folder was never seen")
    if isinstance(check, CheckFailed):
        return failed(check)
    blocked = _left_in_folder(check.folder, case.held)
    if blocked is not None:
        return blocked
    roots = [root for root in part.value.roots if is_below(folder.path, root.path)]
    if not roots:
        return Unclear(why="the folder's root was not recorded")
    nearest = max(roots, key=lambda root: len(root.path))
    control = case.control(check, nearest.path, folder.mount)
    return prove(
        Sighting(what=f"folder {folder.path}", at=part.at),
        control,
        checked_at=check.at,
        noticed_at=record.detected_at,
    )


def _left_in_folder(folder: FolderSeen | FolderUnclear, held: DiskHolding) -> Finding | None:
    match folder:
        case FolderUnclear(why=why):
            return Unclear(why=why)
        case FolderSeen(moved_to=str(moved_to)):
            return Unclear(why=f"the folder seems to have moved to {moved_to}")
        case FolderSeen(videos=videos) if videos:
            return Remaining(what=_words_of_videos(videos, _known_paths(held)))
        case FolderSeen():
            return None


def _words_of_videos(videos: tuple[VideoLeft, ...], known: set[str]) -> str:
    """The number of videos, and how many of them were never inventoried."""
    strange = [video for video in videos if video.path not in known]
    files = counted(len(videos), "video file")
    if not strange:
        return f"{files}, {videos[0].path} among them"
    which = (
        "never inventoried"
        if len(strange) == len(videos)
        else (f"{len(strange)} of them never inventoried")
    )
    return f"{files} ({which}), {strange[0].path} among them"


def is_below(path: str, folder: str) -> bool:
    """Whether one of our own paths is the folder, or lies in it."""
    return path == folder or path.startswith(folder.rstrip("/") + "/")
