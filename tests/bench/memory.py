"""What of the process's memory belongs to what, by walking from its own objects.

An object belongs to the part that its class names; containers, texts and other plain values belong
to what they were reached from first. So a title that a record and a view share counts as the
record's, which is what the view saves.
"""

import _sqlite3
import ctypes
import sys
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from enum import Enum
from functools import cache
from itertools import chain

from episodarr.app import Application
from episodarr.model.packed import Packing
from episodarr.runtime.heap import trim
from tests.heap import by_class, new_among, referents, resident_bytes

RENDERED = "rendered"
"""Divided by form."""
PARTS_BY_NAME = {
    "episodarr.stages.series.SeriesDetail": "records of Sonarr",
    "episodarr.systems.sonarr": "records of Sonarr",
    "episodarr.systems.qbittorrent": "records of clients",
    "episodarr.systems.jellyfin": "records of Jellyfin",
    "episodarr.systems.shoko": "records of Shoko",
    "episodarr.systems.jellyseerr": "records of Seerr",
    "episodarr.deletions": "deletions and evidence",
    "episodarr.store": "store",
    "episodarr.cycle": "views",
    "episodarr.stages": "views",
    "episodarr.model.view": "views",
    "episodarr.metrics": RENDERED,
}
"""By module or class, the first that fits; `episodarr.model.ids` and such have no part of their own."""
REST = "other objects of ours"
ORDER = (REST, *dict.fromkeys(PARTS_BY_NAME.values()))
"""What comes first keeps what it shares with what comes later; the roots are in `REST`."""
DEFLATED = "deflated text"
PLAIN = "plain text"
INDEX = "index of the text"
_OF_INDEX = frozenset({"Grid"})
"""Classes whose bytes are numbers."""
_LEAST_TEXT_BYTES = 64
"""Shorter ones are not counted as text."""
_SHOWN = 40
_ENTERED = ("builtins", "collections", "functools", "types", "msgspec", "array", "datetime")
"""Classes of other modules, such as HTTP clients, lead to all and everything."""
_NOT_ENTERED = frozenset({"type", "module", "function", "builtin_function_or_method", "code"})

type _Owner = tuple[str, str]
"""A part, and the class of ours that leads there."""


def report(application: Application) -> dict[str, object]:
    """Bytes by part, the heaviest classes of ours with what only they lead to, and the resident."""
    resident = resident_bytes()
    sizes = sizes_of(application)
    return {
        "resident_bytes": resident,
        "by_part": by_part(sizes),
        "heaviest": [(part, kind, size) for (part, kind), size in sizes.most_common(_SHOWN)],
        "trimmed_bytes": _trimmed_bytes(),
    }


def by_part(sizes: Mapping[_Owner, int]) -> dict[str, int]:
    """The sums of what `sizes_of` found, and what SQLite holds."""
    sums: Counter[str] = Counter()
    for (part, _), size in sizes.items():
        sums[part] += size
    sums["store"] += _sqlite_bytes()
    return dict(sums)


def _caches() -> list[object]:
    """The results that functions of ours keep."""
    return [
        value
        for name, module in list(sys.modules.items())
        if name.startswith("episodarr.")
        for value in list(vars(module).values())
        if type(value) is type(_own_part)
    ]


def sizes_of(application: Application) -> Counter[_Owner]:
    """Bytes by part and class of ours."""
    sizes: Counter[_Owner] = Counter()
    waiting: dict[_Owner, list[object]] = {
        (REST, "Application"): [application],
        (REST, "results of functions"): _caches(),
    }
    seen: set[int] = set()
    while waiting:
        owner = min(waiting, key=lambda one: ORDER.index(one[0]))
        for heir, several in _by_owner(waiting.pop(owner), owner).items():
            if heir != owner:
                waiting.setdefault(heir, []).extend(several)
            elif fresh := new_among(several, seen):
                _weigh(owner, fresh, sizes)
                waiting.setdefault(owner, []).extend(_inner(fresh))
    return sizes


def deletion_bytes(application: Application) -> int:
    """What the log of deletions takes, views among it: that grows with what is deleted, by design.

    Record by record, as all at once would take more than is measured; what two of them share counts
    for each.
    """
    reports = application.deletions.reports
    records = reports.log.records if reports.log is not None else {}
    views = {view.deletion_id: view for view in reports.views()}
    return sum(bytes_below([record, views.get(one)]) for one, record in records.items())


_SHARED = (type, Enum, Packing)


def bytes_below(roots: Sequence[object]) -> int:
    """The bytes of these and of all values that they lead to, each once.

    What a `Packing` keeps unpacked belongs to none of them.
    """
    seen: set[int] = set()
    level, total = roots, 0
    while level := [one for one in new_among(level, seen) if not isinstance(one, _SHARED)]:
        total += sum(map(sys.getsizeof, level))
        level = _inner(level)
    return total


def _inner(several: Sequence[object]) -> list[object]:
    """What these lead to, as far as it is followed."""
    entered = (those for kind, those in by_class(several).items() if _is_entered(kind))
    return referents(list(chain.from_iterable(entered)))


def _by_owner(several: Sequence[object], owner: _Owner) -> dict[_Owner, list[object]]:
    """These apart by what they belong to, reached from `owner`."""
    found: defaultdict[_Owner, list[object]] = defaultdict(list)
    for kind, those in by_class(several).items():
        own = _own_part(kind)
        found[owner if own is None else (own or owner[0], kind.__qualname__)] += those
    return found


@cache
def _own_part(kind: type) -> str | None:
    """The part of a class of ours, empty where it goes along; None of any other class."""
    module = kind.__module__
    if not module.startswith("episodarr."):
        return None
    name = f"{module}.{kind.__qualname__}."
    return next((part for one, part in PARTS_BY_NAME.items() if name.startswith(f"{one}.")), "")


@cache
def _is_entered(kind: type) -> bool:
    if kind.__name__ in _NOT_ENTERED or issubclass(kind, type):
        return False
    return kind.__module__.partition(".")[0] in ("episodarr", *_ENTERED)


def _weigh(owner: _Owner, several: Sequence[object], sizes: Counter[_Owner]) -> None:
    part, kind = owner
    if part != RENDERED:
        sizes[owner] += sum(map(sys.getsizeof, several))
        return
    for one in several:
        sizes[INDEX if kind in _OF_INDEX else _form(one), kind] += sys.getsizeof(one)


def _form(one: object) -> str:
    """Whether it is text, in which form, or what tells pieces of text apart."""
    if not isinstance(one, bytes) or len(one) < _LEAST_TEXT_BYTES:
        return INDEX
    # Of packed bytes, so many in a row are never all below 128.
    return PLAIN if one.isascii() else DEFLATED


def _sqlite_bytes() -> int:
    """What SQLite holds outside of Python's objects, its page cache among it."""
    # Where SQLite is part of the interpreter, the module has no file.
    count = ctypes.CDLL(getattr(_sqlite3, "__file__", None)).sqlite3_memory_used
    count.restype = ctypes.c_int64
    return int(count())


def _trimmed_bytes() -> int:
    """How much less is resident once the allocator gave back what it holds in reserve."""
    before = resident_bytes()
    trim()
    return before - resident_bytes()
