"""Sonarr's webhooks: recorded ones as they are, every kind by its documented shape, and rubbish."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from episodarr.errors import BadPayload
from episodarr.model.download import DeleteReason
from episodarr.model.ids import SonarrSeriesId, TvdbId
from episodarr.model.webhook import WebhookEpisode, WebhookEvent, WebhookFile, WebhookSeries
from episodarr.systems.sonarr.webhook import parse_webhook
from tests.systems.any_json import any_json

RECORDED = Path(__file__).resolve().parents[3].parent / "shared" / "payloads" / "webhooks"

SERIES = {
    "id": 7,
    "title": "X",
    "titleSlug": "x",
    "path": "/tv/X",
    "tvdbId": 123,
    "tmdbId": 9,
    "type": "anime",
    "tags": [],
}
EPISODE = {"id": 31, "episodeNumber": 11, "seasonNumber": 2, "title": "T", "seriesId": 7}
FILE = {
    "id": 5,
    "relativePath": "Season 2/X - S02E11.mkv",
    "path": "/tv/X/Season 2/X - S02E11.mkv",
    "quality": "WEBDL-1080p",
    "size": 1000,
}


def body(**fields: Any) -> bytes:
    return json.dumps(fields).encode()


def recorded(name: str) -> bytes:
    if not RECORDED.is_dir():
        pytest.skip("the recorded webhooks are not beside the repository")
    return (RECORDED / name).read_bytes()


def test_recorded_grab_of_a_season_pack() -> None:
    hook = parse_webhook(recorded("sonarr-grab.json"))
    assert (hook.event, hook.event_word) == (WebhookEvent.OTHER, "Grab")
    assert hook.series == WebhookSeries(
        sonarr_id=SonarrSeriesId(23), tvdb_id=TvdbId(414057), title="Lycoris Recoil"
    )
    assert [(e.season, e.episode) for e in hook.episodes] == [(1, n) for n in range(1, 14)]
    assert hook.file is None


def test_recorded_import_of_a_season_pack() -> None:
    hook = parse_webhook(recorded("sonarr-import.json"))
    assert (hook.event, hook.event_word) == (WebhookEvent.OTHER, "Download")
    assert len(hook.episodes) == 13


@pytest.mark.parametrize("name", ["jellyseerr-tv-auto-approved.json"])
def test_a_webhook_of_another_program_is_refused(name: str) -> None:
    with pytest.raises(BadPayload) as refused:
        parse_webhook(recorded(name))
    assert "eventType" in str(refused.value)


def test_import_of_one_file_that_replaced_others() -> None:
    old = {**FILE, "path": "/tv/X/Season 2/old.mkv", "recycleBinPath": "/bin/old.mkv"}
    hook = parse_webhook(
        body(
            eventType="Download",
            series=SERIES,
            episodes=[EPISODE],
            episodeFile=FILE,
            deletedFiles=[old],
        )
    )
    assert hook.file == WebhookFile(path=str(FILE["path"]))
    assert hook.are_files_deleted is None


@pytest.mark.parametrize("flag", [True, False])
def test_deleted_series_says_whether_its_files_were_to_go(flag: bool) -> None:
    hook = parse_webhook(body(eventType="SeriesDelete", series=SERIES, deletedFiles=flag))
    assert hook.event is WebhookEvent.SERIES_DELETE
    assert hook.are_files_deleted is flag


def test_deleted_series_without_the_flag_leaves_it_open() -> None:
    hook = parse_webhook(body(eventType="SeriesDelete", series=SERIES))
    assert hook.are_files_deleted is None


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("missingFromDisk", DeleteReason.MISSING_FROM_DISK),
        ("manual", DeleteReason.MANUAL),
        ("upgrade", DeleteReason.UPGRADE),
        ("noLinkedEpisodes", DeleteReason.NO_LINKED_EPISODES),
        ("manualOverride", DeleteReason.MANUAL_OVERRIDE),
        ("somethingNew", DeleteReason.OTHER),
    ],
)
def test_deleted_file_with_its_reason(word: str, reason: DeleteReason) -> None:
    hook = parse_webhook(
        body(
            eventType="EpisodeFileDelete",
            series=SERIES,
            episodes=[EPISODE],
            episodeFile=FILE,
            deleteReason=word,
        )
    )
    assert hook.event is WebhookEvent.EPISODE_FILE_DELETE
    assert hook.delete_reason is reason
    assert hook.episodes == (WebhookEpisode(season=2, episode=11),)


def test_a_deleted_file_may_be_in_the_recycle_bin_or_have_no_whole_path() -> None:
    recycled = {**FILE, "recycleBinPath": "/bin/x.mkv"}
    hook = parse_webhook(body(eventType="EpisodeFileDelete", episodeFile=recycled))
    assert hook.file == WebhookFile(path=str(FILE["path"]), recycled_path="/bin/x.mkv")
    hook = parse_webhook(body(eventType="EpisodeFileDelete", episodeFile={**FILE, "path": None}))
    assert hook.file == WebhookFile(path="")


@pytest.mark.parametrize("word", ["Health", "ManualInteractionRequired", "ApplicationUpdate"])
def test_events_may_have_no_series(word: str) -> None:
    hook = parse_webhook(body(eventType=word, episodes=[], message="Indexers unavailable"))
    assert (hook.event, hook.event_word, hook.series) == (WebhookEvent.OTHER, word, None)


def test_series_add_and_test() -> None:
    assert (
        parse_webhook(body(eventType="SeriesAdd", series=SERIES)).event is WebhookEvent.SERIES_ADD
    )
    test = parse_webhook(
        body(eventType="Test", series={"id": 1, "tvdbId": 1234}, episodes=[EPISODE])
    )
    assert test.event is WebhookEvent.OTHER
    assert test.series is not None
    assert test.series.tvdb_id == 1234


def test_an_event_of_a_newer_sonarr_is_accepted() -> None:
    hook = parse_webhook(body(eventType="SeriesPoked", series=SERIES))
    assert hook.event is WebhookEvent.OTHER
    assert hook.event_word == "SeriesPoked"
    assert hook.series is not None


def test_tvdb_id_zero_is_no_id() -> None:
    hook = parse_webhook(body(eventType="SeriesAdd", series={**SERIES, "tvdbId": 0}))
    assert hook.series is not None
    assert hook.series.tvdb_id is None


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"eventType": "Grab", "series": {"title": "X"}}, "$.series"),
        ({"eventType": "Grab", "series": {"id": "seven"}}, "$.series.id"),
        ({"eventType": "Grab", "episodes": [{"seasonNumber": 1}]}, "$.episodes[0]"),
        ({"eventType": ""}, "$.eventType"),
        ({"eventType": "Download", "episodeFile": {"id": 5}}, "$.episodeFile.relativePath"),
    ],
)
def test_a_malformed_body_names_the_place(fields: dict[str, Any], path: str) -> None:
    with pytest.raises(BadPayload) as refused:
        parse_webhook(body(**fields))
    assert refused.value.path == path


@pytest.mark.parametrize("number", [2**63, 2**64, 10**20, -(10**20)])
@pytest.mark.parametrize("name", ["tvdbId", "id"])
def test_a_number_beyond_all_numbers_is_refused(name: str, number: int) -> None:
    """The store could not take it, and would have taken nothing else with it."""
    with pytest.raises(BadPayload) as refused:
        parse_webhook(body(eventType="SeriesDelete", series={"id": 7, name: number}))
    assert refused.value.path == f"$.series.{name}"


@pytest.mark.parametrize("raw", [b"", b"[]", b"null", b"{", b"\xff\xfe", b"<html></html>", b'"x"'])
def test_what_is_no_webhook_at_all(raw: bytes) -> None:
    with pytest.raises(BadPayload):
        parse_webhook(raw)


_FIELDS = st.sampled_from(["series", "episodes", "episodeFile", "deletedFiles", "deleteReason"])


@given(st.sampled_from(["Grab", "Download", "Odd"]), st.dictionaries(_FIELDS, any_json, max_size=4))
def test_any_json_is_a_webhook_or_refused(word: str, fields: dict[str, Any]) -> None:
    try:
        hook = parse_webhook(json.dumps({"eventType": word, **fields}).encode())
    except BadPayload:
        return
    assert hook.event_word == word


@given(st.binary(max_size=60))
def test_any_bytes_are_a_webhook_or_refused(raw: bytes) -> None:
    try:
        parse_webhook(raw)
    except BadPayload:
        return
