"""Jellyfin's server, libraries and library scan as model records."""

from datetime import datetime

from episodarr.errors import BadPayload
from episodarr.systems.jellyfin.records import JellyfinLibrary, JellyfinServer, LibraryScan
from episodarr.systems.jellyfin.wire.fields import Wire, optional_id
from episodarr.systems.payload import decode, utc_moment

LIBRARY_SCAN_KEY = "RefreshLibrary"
"""The scan's key; its name is translated."""


class _System(Wire, frozen=True):
    id: str
    version: str
    server_name: str | None = None


class _Folder(Wire, frozen=True):
    name: str | None = None
    locations: tuple[str, ...] | None = None
    item_id: str | None = None


class _TaskResult(Wire, frozen=True):
    start_time_utc: datetime | None = None
    status: str | None = None


class _Task(Wire, frozen=True):
    key: str | None = None
    state: str | None = None
    current_progress_percentage: float | None = None
    last_execution_result: _TaskResult | None = None


def parse_server(endpoint: str, body: bytes) -> JellyfinServer:
    """Which server answered.

    Raises:
        BadPayload: the body is no system information.
    """
    wire = decode(endpoint, body, _System)
    if not wire.id or not wire.version:
        raise BadPayload(endpoint, "a server without id or version", path="$.Id")
    return JellyfinServer(server_id=wire.id, version=wire.version, name=wire.server_name or "")


def parse_libraries(endpoint: str, body: bytes) -> tuple[JellyfinLibrary, ...]:
    """All libraries with their folders.

    Raises:
        BadPayload: the body is no list of libraries.
    """
    return tuple(
        JellyfinLibrary(
            library_id=optional_id(endpoint, wire.item_id, f"$[{i}].ItemId"),
            name=wire.name or "",
            locations=wire.locations or (),
        )
        for i, wire in enumerate(decode(endpoint, body, tuple[_Folder, ...]))
    )


def parse_library_scan(endpoint: str, body: bytes, asked_at: datetime | None = None) -> LibraryScan:
    """The state of the scan of all libraries, as it was at `asked_at` by Jellyfin's clock.

    Raises:
        BadPayload: the body is no list of tasks, or that task is not on it.
    """
    for i, task in enumerate(decode(endpoint, body, tuple[_Task, ...])):
        if task.key != LIBRARY_SCAN_KEY:
            continue
        if not task.state:
            raise BadPayload(endpoint, "a task without a state", path=f"$[{i}].State")
        percent = task.current_progress_percentage
        last = task.last_execution_result or _TaskResult()
        return LibraryScan(
            is_running=task.state != "Idle",
            progress_ratio=min(1.0, max(0.0, percent / 100)) if percent is not None else None,
            last_started_at=utc_moment(last.start_time_utc),
            has_completed=last.status == "Completed",
            asked_at=asked_at,
        )
    raise BadPayload(endpoint, f"no task has the key {LIBRARY_SCAN_KEY}", path="$")
