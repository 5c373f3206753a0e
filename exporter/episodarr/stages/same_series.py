"""Which Sonarr's file an entry of another system is, where two Sonarrs have the same series.

Two instances often hold the same episodes in folders, and under names, that differ only in their
root. Jellyfin and Shoko list both, or only one, each in its own view of the paths. An entry belongs to
the series whose folder its path agrees with furthest; where both agree alike, it is unclear unless
only one of the two has a file of that name.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from episodarr.model.ids import SeriesKey
from episodarr.stages.paths import Parts, parts_of

_EXACT = 1_000
"""More parts than any path has: a folder that is the very same in both views."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesElsewhere:
    """The same series in another Sonarr."""

    folder: str
    """That Sonarr's view."""
    names: frozenset[str] | None
    """The names of its files, as `name_of` gives them; None: they were not read yet."""


type SameSeriesElsewhere = Callable[[SeriesKey], tuple[SeriesElsewhere, ...]]
"""The same series in other Sonarrs; raises `UpstreamError` while that is not known."""


class Owner(Enum):
    """Which Sonarr an entry's file belongs to."""

    OURS = "ours"
    THEIRS = "theirs"
    UNCLEAR = "unclear"


def name_of(path: str) -> str:
    """The last part of a path, folded to be compared."""
    return next(iter(parts_of(path)[-1:]), "")


def owner_of_folder(
    path: str | None,
    folder: str,
    same_series_elsewhere: Sequence[SeriesElsewhere],
) -> Owner:
    """Whose folder a series entry lies in; unclear where both are as near, or it has no path."""
    if not same_series_elsewhere:
        return Owner.OURS
    parts = parts_of(path or "")
    ours = _nearness(parts, folder)
    theirs = max(_nearness(parts, elsewhere.folder) for elsewhere in same_series_elsewhere)
    if ours == theirs:
        return Owner.UNCLEAR
    return Owner.OURS if ours > theirs else Owner.THEIRS


def owner_of_file(
    path: str,
    folder: str,
    same_series_elsewhere: Sequence[SeriesElsewhere],
) -> Owner:
    """Whose file is at a path in another system's view."""
    if not same_series_elsewhere:
        return Owner.OURS
    parts = parts_of(path)
    ours = _nearness(parts[:-1], folder)
    nearest = [
        (_nearness(parts[:-1], elsewhere.folder), elsewhere) for elsewhere in same_series_elsewhere
    ]
    theirs = max(near for near, _ in nearest)
    if ours != theirs:
        return Owner.OURS if ours > theirs else Owner.THEIRS
    name = name_of(path)
    is_contested = any(
        elsewhere.names is None or name in elsewhere.names
        for near, elsewhere in nearest
        if near == theirs
    )
    return Owner.UNCLEAR if is_contested else Owner.OURS


def owner_of_all(
    paths: Iterable[str],
    folder: str,
    same_series_elsewhere: Sequence[SeriesElsewhere],
) -> Owner:
    """Whose an entry with several paths is: ours as soon as one of them is; unclear without any."""
    owners = {owner_of_file(path, folder, same_series_elsewhere) for path in paths}
    if Owner.OURS in owners or not same_series_elsewhere:
        return Owner.OURS
    return Owner.THEIRS if owners == {Owner.THEIRS} else Owner.UNCLEAR


def _nearness(within: Parts, folder: str) -> int:
    """How many of the folder's last parts occur in a path, one after the other."""
    parts = parts_of(folder)
    if parts and within[: len(parts)] == parts:
        return _EXACT + len(parts)
    ends = (end for end in range(1, len(within) + 1) if within[end - 1 : end] == parts[-1:])
    return max((common_tail(within[:end], parts) for end in ends), default=0)


def common_tail(one: Parts, other: Parts) -> int:
    """How many parts two paths share from their ends."""
    pairs = zip(reversed(one), reversed(other), strict=False)
    return next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))
