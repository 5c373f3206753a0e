"""Jellyfin's parsers: whatever the bytes, a record or BadPayload."""

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from episodarr.errors import BadPayload
from episodarr.model.steps import in_one_go
from episodarr.systems.jellyfin import wire
from tests.systems.any_json import any_json

PARSERS: tuple[Callable[[str, bytes], object], ...] = (
    wire.parse_server,
    lambda endpoint, raw: in_one_go(wire.series_page_steps(endpoint, raw)),
    lambda endpoint, raw: in_one_go(wire.episode_page_steps(endpoint, raw)),
    lambda endpoint, raw: in_one_go(wire.item_page_steps(endpoint, raw)),
    wire.parse_libraries,
    wire.parse_library_scan,
)
_KEYS = st.sampled_from(
    [
        *("Path", "LocationType", "ProviderIds", "SeriesId", "IndexNumber", "IndexNumberEnd"),
        *("MediaSources", "MediaSourceCount", "State", "LastExecutionResult", "Locations", "Key"),
    ]
)


@given(st.sampled_from(PARSERS), st.binary(max_size=40))
def test_any_bytes(parse: Callable[[str, bytes], object], raw: bytes) -> None:
    with suppress(BadPayload):
        parse("x", raw)


@given(
    st.sampled_from(PARSERS),
    st.sampled_from(["Series", "Episode"]),
    st.dictionaries(_KEYS, any_json, max_size=5),
    st.integers(-1, 2),
)
def test_any_item(
    parse: Callable[[str, bytes], object], kind: str, fields: dict[str, Any], total: int
) -> None:
    item = {"Id": "0" * 32, "Type": kind, "LocationType": "FileSystem", "Path": "/x", **fields}
    for answer in ({"Items": [item], "TotalRecordCount": total}, [item], item):
        with suppress(BadPayload):
            parse("x", json.dumps(answer).encode())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0123456789ABCDEF0123456789abcdef", "0123456789abcdef0123456789abcdef"),
        ("01234567-89ab-cdef-0123-456789abcdef", "0123456789abcdef0123456789abcdef"),
        ("0123", None),
        ("", None),
    ],
)
def test_ids_with_and_without_dashes(text: str, expected: str | None) -> None:
    assert wire.normal_id(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0001-01-01T00:00:00", None),
        ("2026-01-31T04:05:00", datetime(2026, 1, 31, 4, 5, tzinfo=UTC)),
    ],
)
def test_times_without_a_mark_are_utc_and_the_year_one_is_never(
    text: str, expected: datetime | None
) -> None:
    task = {
        "Key": "RefreshLibrary",
        "State": "Idle",
        "LastExecutionResult": {"StartTimeUtc": text},
    }
    scan = wire.parse_library_scan("x", json.dumps([task]).encode())
    assert scan.last_started_at == expected
    assert not scan.has_completed
    assert not scan.is_running
