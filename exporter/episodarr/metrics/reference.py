"""METRICS.md, from the catalogue: `python -m episodarr.metrics.reference > docs/METRICS.md`."""

import sys
from collections.abc import Iterable

from episodarr.metrics.catalogue import FAMILIES, SUBJECTS
from episodarr.metrics.family import Family, Kind, Label, RecordedFamily
from episodarr.metrics.labels import DOWNLOAD_KEY, EPISODE_KEY, REQUEST_KEY, UPSTREAM_KEY

_HEAD = """# Metrics

This file is made from the code's catalogue by `python -m episodarr.metrics.reference`; a test keeps it current.

## How to read them

**Keys.**
Every fact about media carries `sonarr` and `tvdb_id`; with `season` and `episode` they are the key to join on.
Numbers in labels are plain decimals: `season="2"`, never `"02"`.
`upstream` and `system` name what answered; they are on health metrics, and `system` on the checks of deletions.

**Joins.**
There is exactly one `…_info` sample per key, so `group_left` is never ambiguous:

```promql
episodarr_episode_progress_ratio
  * on (sonarr, tvdb_id, season, episode) group_left (release, download_id)
episodarr_episode_release_info
```

Downloads join on `sonarr, download_id`, requests on `request_id`, deletions on `deletion_id`.
Several exporters may share a Jellyseerr or another system, and each has samples of its own about it: there `job, instance` come first, as in `on (job, instance, request_id)`.

**States.**
A state is one sample with value 1 for what holds now.
An absent sample means "not in this state", so ask for what is there (`count(episodarr_episode_stage{episode_stage="queued"})`) and never for `== 0`.
`episodarr_episode_stage_code` is the same as a number, for timelines.

**Buckets.**
`episodarr_series_episodes`, `episodarr_season_episodes` and `episodarr_request_episodes` add up to the tracked episodes; an unmonitored episode is in no bucket.
Under a request that covers it, it counts as queued or unaired, because it was requested.
Active seasons and unfinished requests show every bucket, 0 included; the rest show `available` and what is not 0.
A season whose episodes were not read yet shows `available` alone, as Sonarr counts it.

**Which episodes.**
Per-episode metrics cover active seasons whole and every queued episode of the library, up to a limit of 5,000.
With `episodes = "all"` they cover every episode, with `"none"` no episode.
A season is active while an episode of it is under way, changed or airs within 24 hours, or is in an unfinished request.

**What is unknown is left out.**
No value is ever NaN, and a failed read never makes a 0.
`episodarr_upstream_up` shows which upstream is at fault.
What is left out for a limit, or as a duplicate, is counted in `episodarr_dropped_objects`.

**Times** are Unix seconds; `time() - …_timestamp_seconds` gives an age.
All samples of a page are of one moment, `episodarr_snapshot_timestamp_seconds`.

"""


def reference() -> str:
    """The whole file."""
    parts = [_HEAD, "## Labels\n\n", *_glossary(), "\n"]
    for subject, rows in SUBJECTS.items():
        parts.append(f"## {subject}\n\n")
        parts.extend(_entry(row) for row in rows)
    return "".join(parts).rstrip() + "\n"


def _glossary() -> Iterable[str]:
    """Every label once; a meaning that depends on the metric stands at the metric."""
    seen: dict[str, Label] = {}
    for label in (*EPISODE_KEY, *DOWNLOAD_KEY, *REQUEST_KEY, *UPSTREAM_KEY):
        seen.setdefault(label.name, label)
    for row in FAMILIES:
        for label in row.labels:
            seen.setdefault(label.name, label)
    return (f"- `{label.name}`: {label.meaning}\n" for label in seen.values())


def _entry(row: Family) -> str:
    lines = [
        f"### `{row.name}`",
        "",
        *_sentences(row.meaning),
        "",
        f"- Kind: {row.kind.value}",
        f"- Labels: {_labels(row)}",
        *(
            f"- Values of `{label.name}`: {', '.join(f'`{value}`' for value in label.values)}"
            for label in row.own
            if label.values is not None
        ),
        f"- Source: {row.source}",
        f"- Bound: {row.bound}",
    ]
    if isinstance(row, RecordedFamily) and row.kind is Kind.HISTOGRAM:
        lines.append(f"- Buckets, in seconds: {', '.join(f'{b:g}' for b in row.buckets)}")
    return "\n".join(lines) + "\n\n"


def _sentences(meaning: str) -> list[str]:
    return meaning.replace(". ", ".\n").split("\n")


def _labels(row: Family) -> str:
    names = [f"`{name}`" for name in row.label_names]
    if row.kind is Kind.HISTOGRAM:
        names.append("`le`")
    return ", ".join(names) or "none"


if __name__ == "__main__":
    sys.stdout.write(reference())
