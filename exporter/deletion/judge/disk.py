"""The disk: the inventoried paths are gone while their file system is proven to be there.

An empty mount point looks exactly like a deletion. So an absent path counts only beside a control
file on the same file system, or if the mapped root is the very folder, by device and inode, that the
files were seen under. What was renamed or moved is not gone: a video of the same size in
the series' folder, or the folder itself under another name, makes the answer unclear.
"""

from collections.abc import Mapping

from exporter.deletion.judge.proof import (
    Judgement,
    failed,
    prove,
    same_for_all,
    without_part,
)
from exporter.model.deletion import DeletionScope
from exporter.model.deletion_log import DeletionRecord, ExpectedEpisode
from exporter.model.evidence import Control, Finding, NotApplicable, Remaining, Sighting, Unclear
from exporter.model.inventory import (
    DiskHolding,
    FileNotFound,
    FileSeen,
    FileUnclear,
    FileUnmapped,
    Taken,
)
from exporter.model.look import (
    DiskLook,
    DiskSeen,
    FolderSeen,
    FolderUnclear,
    LookFailed,
    PathAbsent,
    PathPresent,
    PathUnclear,
    VideoLeft,
)


def judge_disk(record: DeletionRecord, look: DiskLook) -> Judgement:
    """What the disk's word is worth, path by path."""
    numbers = tuple(e.number for e in record.expected)
    part = without_part(record.inventory.disk, "the disk")
    if not isinstance(part, Taken):
        return same_for_all(numbers, part, at=look.at, method=look.method)
    strangers = _strangers(part.value, look)
    control_by_place: dict[tuple[str, str], Control | Unclear] = {}
    return Judgement(
        at=look.at,
        method=look.method,
        finding_by_episode={
            e.number: _judge_episode(e, part, look, strangers, control_by_place)
            for e in record.expected
        },
        record=_judge_folder(record, part, look),
    )


def _strangers(held: DiskHolding, look: DiskLook) -> Mapping[int, VideoLeft]:
    """Videos in the folder that the inventory does not know, by size in bytes.

    Not by inode: a file system gives the number of a deleted file to the next new one.
    """
    if isinstance(look, LookFailed) or isinstance(look.folder, FolderUnclear):
        return {}
    known = {s.local_path for s in held.sighting_by_path.values() if isinstance(s, FileSeen)}
    return {v.size_bytes: v for v in look.folder.videos if v.path not in known}


def _judge_episode(
    episode: ExpectedEpisode,
    part: Taken[DiskHolding],
    look: DiskLook,
    strangers: Mapping[int, VideoLeft],
    control_by_place: dict[tuple[str, str], Control | Unclear],
) -> Finding:
    sighting = _seen_before(part.value, episode.path)
    if not isinstance(sighting, FileSeen):
        return sighting
    if isinstance(look, LookFailed):
        return failed(look)
    state = look.state_by_path.get(sighting.local_path, PathUnclear(why="not looked at"))
    match state:
        case PathUnclear(why=why):
            return Unclear(why=why)
        case PathPresent(inode=inode):
            other = "" if inode == sighting.inode else " (another file by now)"
            return Remaining(what=sighting.local_path + other)
        case PathAbsent():
            pass
    place = (sighting.root, sighting.mount)
    if place not in control_by_place:
        control_by_place[place] = _control(part.value, look, *place)
    control = _renamed(sighting, look, strangers) or control_by_place[place]
    if isinstance(control, Unclear):
        return control
    return prove(
        Sighting(what=sighting.local_path, at=part.at),
        control,
        looked_at=look.at,
        noticed_at=episode.noticed_at,
    )


def _seen_before(held: DiskHolding, path: str) -> FileSeen | Finding:
    """The file as it was seen, or what it means that it was not."""
    match held.sighting_by_path.get(path):
        case None:
            return Unclear(why="the file was not statted before")
        case FileUnmapped():
            return NotApplicable(why=f"no path mapping covers {path}")
        case FileNotFound(local_path=local_path) if not _was_good_look(held):
            return Unclear(
                why=f"never seen at {local_path}: is the path mapping right, and was it mounted?"
            )
        case FileNotFound(local_path=local_path):
            return NotApplicable(
                why=f"never seen at {local_path}, unlike other files of the series"
            )
        case FileUnclear(why=why):
            return Unclear(why=f"the file could not be seen before: {why}")
        case FileSeen() as seen:
            return seen


def _was_good_look(held: DiskHolding) -> bool:
    """Whether the inventory saw any file at all: else it looked in the wrong place, or too early."""
    return any(isinstance(sighting, FileSeen) for sighting in held.sighting_by_path.values())


def _renamed(
    sighting: FileSeen, look: DiskSeen, strangers: Mapping[int, VideoLeft]
) -> Unclear | None:
    if isinstance(look.folder, FolderUnclear):
        return Unclear(why=f"the series' folder could not be read: {look.folder.why}")
    if look.folder.moved_to is not None:
        return Unclear(why=f"the series' folder seems to have moved to {look.folder.moved_to}")
    twin = strangers.get(sighting.size_bytes)
    if twin is not None:
        return Unclear(why=f"it seems to have been renamed to {twin.path}")
    return None


def _control(held: DiskHolding, look: DiskSeen, root: str, mount: str) -> Control | Unclear:
    for control in look.controls:
        if control.root == root and control.mount == mount:
            return Control(what=f"{control.path} is there")
    state = look.root_by_path.get(root)
    if state is None:
        return Unclear(why=f"{root} is not there: is it mounted?")
    for recorded in held.roots:
        if (recorded.path, recorded.mount) == (root, mount) and (
            (recorded.device, recorded.inode) == (state.device, state.inode)
        ):
            return Control(what=f"{root} is the folder it was, device and inode")
    return Unclear(why=f"nothing shows that {mount} is mounted as it was")


def _judge_folder(record: DeletionRecord, part: Taken[DiskHolding], look: DiskLook) -> Finding:
    if record.scope is not DeletionScope.SERIES:
        return NotApplicable(why="the series itself was not deleted")
    folder = part.value.folder
    if folder is None:
        return NotApplicable(why="the series' folder was never seen")
    if isinstance(look, LookFailed):
        return failed(look)
    blocked = _left_in_folder(look.folder)
    if blocked is not None:
        return blocked
    roots = [root for root in part.value.roots if _holds(root.path, folder.path)]
    if not roots:
        return Unclear(why="the folder's root was not recorded")
    control = _control(part.value, look, roots[0].path, folder.mount)
    if isinstance(control, Unclear):
        return control
    return prove(
        Sighting(what=f"folder {folder.path}", at=part.at),
        control,
        looked_at=look.at,
        noticed_at=record.detected_at,
    )


def _left_in_folder(folder: FolderSeen | FolderUnclear) -> Finding | None:
    match folder:
        case FolderUnclear(why=why):
            return Unclear(why=why)
        case FolderSeen(moved_to=str(moved_to)):
            return Unclear(why=f"the folder seems to have moved to {moved_to}")
        case FolderSeen(videos=videos) if videos:
            return Remaining(what=f"{len(videos)} video files, {videos[0].path} among them")
        case FolderSeen():
            return None


def _holds(root: str, path: str) -> bool:
    return path == root or path.startswith(root.rstrip("/") + "/")
