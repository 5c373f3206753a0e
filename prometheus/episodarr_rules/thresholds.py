"""Every number that decides when an alert fires, in one place."""

import dataclasses
import re
from dataclasses import dataclass

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR

_UNITS = (("d", DAY), ("h", HOUR), ("m", MINUTE), ("s", 1))
_DURATION = re.compile(r"(?:\d+[dhms])+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """Durations in seconds. The defaults are what ships; `build.py --set` replaces single ones."""

    gap_seconds: int = 15 * MINUTE
    """How long the last scrape stands in for a missing one; as long as the exporter keeps old facts."""
    keep_firing_seconds: int = 15 * MINUTE
    """How long an alert over facts of an upstream outlives them, so that an outage resolves nothing."""
    settle_seconds: int = 5 * MINUTE
    """The `for` of alerts whose waiting is already in a timestamp."""
    catch_up_seconds: int = 30 * MINUTE
    """What waits, and was unknown for longer than `off`, has so much time to go on: a system was off."""
    off_seconds: int = HOUR

    download_stalled_seconds: int = 6 * HOUR
    """Without a byte, and for as long neither paused, queued in the client nor held by a delay profile."""
    download_error_seconds: int = 15 * MINUTE
    found_stuck_seconds: int = DAY
    import_stuck_seconds: int = 2 * HOUR
    import_blocked_seconds: int = 15 * MINUTE
    download_blocked_seconds: int = DAY
    """Of a download that no episode waits for: no episode is missing, but it never goes away."""
    jellyfin_scan_seconds: int = 14 * HOUR
    """Jellyfin's own library scan runs every 12 hours."""
    jellyfin_unlisted_seconds: int = 15 * MINUTE
    shoko_match_seconds: int = 6 * HOUR
    download_failed_seconds: int = 30 * MINUTE
    """Time for Sonarr to take another release by itself."""
    not_found_seconds: int = 3 * DAY
    not_found_until_seconds: int = 30 * DAY
    """Older gaps are the normal state of a library and no news."""
    season_ready_seconds: int = HOUR
    """How long the good news stays; it resolves silently."""
    season_whole_seconds: int = DAY
    """A season that was whole so long ago is no news."""

    came_back_seconds: int = 7 * DAY
    ending_seconds: int = 90
    """How long a verdict that is over still fires, so that its all-clear says how it ended."""

    upstream_down_window_seconds: int = 5 * MINUTE
    upstream_down_seconds: int = 5 * MINUTE
    upstream_stale_seconds: int = 30 * MINUTE
    clock_skew_seconds: int = MINUTE
    clock_skew_for_seconds: int = 10 * MINUTE
    """A clock that is being set right is no news."""
    snapshot_stale_seconds: int = 5 * MINUTE
    exporter_down_window_seconds: int = 5 * MINUTE
    exporter_down_seconds: int = 5 * MINUTE
    exporter_absent_seconds: int = 10 * MINUTE
    store_window_seconds: int = 15 * MINUTE
    dropped_seconds: int = 15 * MINUTE

    evaluation_seconds: int = 30
    """How often each group is evaluated."""


def duration(seconds: int) -> str:
    """A length of time as Prometheus writes it: 90 -> "90s", 21600 -> "6h".

    Raises:
        ValueError: if it is not positive.
    """
    if seconds <= 0:
        raise ValueError(f"a duration must be positive, not {seconds}")
    for unit, size in _UNITS:
        if seconds % size == 0:
            return f"{seconds // size}{unit}"
    raise AssertionError("every whole number of seconds is a multiple of one second")


def arithmetic(seconds: int) -> str:
    """The same as a PromQL number that people can read: 21600 -> "6 * 3600"."""
    for size in (DAY, HOUR, MINUTE):
        if seconds % size == 0 and seconds > size:
            return f"{seconds // size} * {size}"
    return str(seconds)


def parse_duration(text: str) -> int:
    """Seconds of a Prometheus duration: "1h30m" -> 5400.

    Raises:
        ValueError: if it is not one.
    """
    if not _DURATION.fullmatch(text):
        raise ValueError(f"{text!r} is not a duration such as 90s, 15m, 6h or 3d")
    sizes = dict(_UNITS)
    seconds = sum(int(number) * sizes[unit] for number, unit in re.findall(r"(\d+)([dhms])", text))
    if seconds == 0:
        raise ValueError(f"{text!r} is nothing; a duration must be positive")
    return seconds


def replaced(thresholds: Thresholds, settings: list[str]) -> Thresholds:
    """The thresholds with each "name=duration" put in; names without their `_seconds`.

    Raises:
        ValueError: for an unknown name or a value that is no duration; it lists what there is.
    """
    known = {field.name.removesuffix("_seconds") for field in dataclasses.fields(thresholds)}
    changes: dict[str, int] = {}
    for setting in settings:
        name, _, value = setting.partition("=")
        if name not in known:
            raise ValueError(f"no threshold {name!r}; there are {', '.join(sorted(known))}")
        changes[f"{name}_seconds"] = parse_duration(value)
    return dataclasses.replace(thresholds, **changes)
