"""Sonarr's payloads become records; what is missing or malformed is a named error."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from episodarr.errors import BadPayload
from episodarr.model.download import (
    DeleteReason,
    HistoryEvent,
    HistoryRecord,
    QueueRow,
    QueueStatus,
    SearchCommand,
    TrackedState,
    TrackedStatus,
)
from episodarr.model.health import SonarrStatus
from episodarr.model.ids import (
    DownloadId,
    EpisodeFileId,
    SeriesKey,
    SonarrEpisodeId,
    SonarrName,
    SonarrSeriesId,
    TvdbId,
)
from episodarr.model.library import (
    AlternateTitle,
    Episode,
    EpisodeFile,
    SeasonStatistics,
    Series,
)
from episodarr.systems.sonarr import wire
from tests import specs
from tests.specs import SONARR
from tests.systems.sonarr.sonarr_payloads import (
    a_command,
    a_health_check,
    a_history_record,
    a_queue_row,
    a_series,
    an_episode,
    an_episode_file,
)

TV = SonarrName("tv")


def body(payload: object) -> bytes:
    return json.dumps(payload).encode()


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def without(payload: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in payload.items() if name not in names}


# --- the payloads of these tests are Sonarr's own ---------------------------------------------------


MISDESCRIBED = ("data", "body", "wikiUrl")
"""Nulls that are kept, a body that is one of many commands, an address that is written as text."""


@pytest.mark.parametrize(
    ("schema", "payload"),
    [
        ("SeriesResource", a_series()),
        ("EpisodeResource", an_episode()),
        ("EpisodeFileResource", an_episode_file()),
        ("QueueResource", a_queue_row()),
        ("HistoryResource", a_history_record()),
        ("CommandResource", a_command()),
        ("HealthResource", a_health_check("DownloadClientCheck", "error", "x")),
    ],
)
def test_payloads_are_valid_by_the_official_specification(
    schema: str, payload: dict[str, Any]
) -> None:
    assert (
        payload.keys() <= specs.load(SONARR)["components"]["schemas"][schema]["properties"].keys()
    )
    specs.check(SONARR, specs.named(schema), without(payload, *MISDESCRIBED))


# --- library ----------------------------------------------------------------------------------------


def test_a_series_with_all_its_fields() -> None:
    assert wire.parse_series(body(a_series()), TV) == Series(
        key=SeriesKey(TV, TvdbId(405920)),
        sonarr_id=SonarrSeriesId(7),
        title="SPY x FAMILY",
        title_slug="spy-x-family",
        series_type="anime",
        year=2022,
        is_monitored=True,
        path="/anime/SPY x FAMILY",
        tmdb_id=120089,
        imdb_id="tt13706018",
        alternate_titles=(
            AlternateTitle(title="Spy Family"),
            AlternateTitle(title="SPYxFAMILY Part 2", season=2),
            AlternateTitle(title="Spy Room"),
        ),
        seasons=(
            SeasonStatistics(
                season=0,
                is_monitored=False,
                episode_file_count=0,
                episode_count=0,
                total_episode_count=0,
                size_on_disk_bytes=0,
            ),
            SeasonStatistics(
                season=2,
                is_monitored=True,
                episode_file_count=3,
                episode_count=9,
                total_episode_count=12,
                size_on_disk_bytes=4294967296,
            ),
        ),
    )


def test_ids_that_sonarr_does_not_know_are_none_and_never_zero() -> None:
    series = wire.parse_series(body(without(a_series(tmdbId=0), "imdbId")), TV)
    assert (series.tmdb_id, series.imdb_id) == (None, None)


@pytest.mark.parametrize(
    "name", ["id", "title", "tvdbId", "monitored", "path", "year", "seriesType", "seasons"]
)
def test_a_series_without_a_field_that_is_always_there_is_refused(name: str) -> None:
    with pytest.raises(BadPayload, match=name):
        wire.parse_series(body(without(a_series(), name)), TV)


@pytest.mark.parametrize(
    "name", ["episodeFileCount", "episodeCount", "totalEpisodeCount", "sizeOnDisk"]
)
def test_a_count_that_is_missing_is_no_zero(name: str) -> None:
    statistics = without(a_series()["seasons"][0]["statistics"], name)
    payload = a_series(seasons=[{"seasonNumber": 1, "monitored": True, "statistics": statistics}])
    with pytest.raises(BadPayload) as caught:
        wire.parse_series(body(payload), TV, at="$[12]")
    assert caught.value.path == "$[12].seasons[0].statistics"


def test_a_series_without_a_tvdb_id_has_no_identity() -> None:
    with pytest.raises(BadPayload) as caught:
        wire.parse_series(body(a_series(tvdbId=0)), TV)
    assert caught.value.path == "$.tvdbId"


def test_an_episode_with_all_its_fields() -> None:
    assert wire.parse_episode(body(an_episode(episodeFileId=5))) == Episode(
        sonarr_id=SonarrEpisodeId(31),
        season=2,
        episode=3,
        title="Mission 3",
        is_monitored=True,
        file_id=EpisodeFileId(5),
        tvdb_id=9000031,
        absolute=28,
        scene_season=3,
        scene_episode=4,
        scene_absolute=29,
        air_date=date(2026, 1, 17),
        air_at=at("2026-01-17T14:00:00"),
        last_search_at=at("2026-01-18T01:02:03"),
    )


def test_an_episode_that_is_only_announced() -> None:
    payload = without(
        an_episode(airDate=""),
        "title", "airDateUtc", "lastSearchTime", "absoluteEpisodeNumber",
        "sceneAbsoluteEpisodeNumber", "sceneEpisodeNumber", "sceneSeasonNumber",
    )  # fmt: skip
    episode = wire.parse_episode(body(payload))
    assert episode.file_id is None
    assert (episode.air_date, episode.air_at, episode.absolute) == (None, None, None)
    assert (episode.title, episode.scene_season) == ("", None)


@pytest.mark.parametrize(
    ("over", "path"),
    [
        ({"id": 0}, "$[4].id"),
        ({"id": 2**63}, "$[4].id"),
        ({"airDate": "0000-00-00", "seasonNumber": "one"}, "$[4].seasonNumber"),
        ({"episodeFileId": None}, "$[4].episodeFileId"),
        ({"monitored": "yes"}, "$[4].monitored"),
    ],
)
def test_a_malformed_episode_is_refused_with_its_place(over: dict[str, Any], path: str) -> None:
    with pytest.raises(BadPayload) as caught:
        wire.parse_episode(body(an_episode(**over)), at="$[4]")
    assert caught.value.path == path


@pytest.mark.parametrize(
    "odd",
    [
        {"airDate": "soon"},
        {"airDate": "0000-00-00"},
        {"airDate": 7},
        {"airDateUtc": "2026-01-17T14:00:00"},
        {"airDateUtc": "0000-00-00T00:00:00Z", "lastSearchTime": "-"},
        {"tvdbId": 10**30, "title": None, "absoluteEpisodeNumber": []},
    ],
)
def test_an_odd_date_or_title_costs_itself_and_not_the_episode(odd: dict[str, Any]) -> None:
    episode = wire.parse_episode(body(an_episode(episodeFileId=9, **odd)))
    assert (episode.sonarr_id, episode.season, episode.episode) == (31, 2, 3)
    assert episode.file_id == 9


def test_an_episode_file() -> None:
    assert wire.parse_episode_file(body(an_episode_file())) == EpisodeFile(
        file_id=EpisodeFileId(5),
        path="/anime/SPY x FAMILY/Season 01/S01E01.mkv",
        size_bytes=1468006400,
        added_at=at("2025-12-02T10:00:00"),
    )


# --- queue and history ------------------------------------------------------------------------------


def test_a_queue_row_with_all_its_fields() -> None:
    assert wire.parse_queue_row(body(a_queue_row())) == QueueRow(
        row_id=1101039783,
        series_id=SonarrSeriesId(7),
        episode_id=SonarrEpisodeId(31),
        season=2,
        download_id=DownloadId("abcdef0123456789abcdef0123456789abcdef01"),
        title="[Group] SPY x FAMILY S02 1080p",
        status=QueueStatus.DOWNLOADING,
        tracked_state=TrackedState.DOWNLOADING,
        tracked_status=TrackedStatus.OK,
        size_bytes=17179869184,
        remaining_bytes=8589934592,
        messages=(),
        protocol="torrent",
        client="qBittorrent",
        indexer="Nyaa (Prowlarr)",
        quality="WEBDL-1080p",
        added_at=at("2026-01-31T17:00:00"),
        completes_at=at("2026-01-31T19:00:00"),
    )


def test_a_pending_release_has_no_download_yet() -> None:
    payload = without(
        a_queue_row(status="delay", sizeleft=17179869184.0),
        "downloadId", "trackedDownloadState", "trackedDownloadStatus", "downloadClient",
    )  # fmt: skip
    row = wire.parse_queue_row(body(payload))
    assert row.status is QueueStatus.DELAY
    assert (row.download_id, row.tracked_state, row.tracked_status) == (None, None, None)


def test_a_row_of_an_unknown_series_is_kept() -> None:
    row = wire.parse_queue_row(
        body(without(a_queue_row(), "seriesId", "episodeId", "seasonNumber"))
    )
    assert (row.series_id, row.episode_id, row.season) == (None, None, None)


def test_words_of_a_newer_sonarr_are_unknown_and_lose_nothing_else() -> None:
    row = wire.parse_queue_row(
        body(a_queue_row(status="x", trackedDownloadState="y", trackedDownloadStatus="z"))
    )
    assert row.status is QueueStatus.UNKNOWN
    assert row.tracked_state is TrackedState.UNKNOWN
    assert row.tracked_status is TrackedStatus.UNKNOWN
    record = wire.parse_history_record(body(a_history_record(eventType="somethingNew")))
    assert record.event is HistoryEvent.UNKNOWN


def test_every_word_of_the_specification_is_known() -> None:
    schemas = specs.load(SONARR)["components"]["schemas"]
    for kind, schema in (
        (QueueStatus, "QueueStatus"),
        (TrackedState, "TrackedDownloadState"),
        (TrackedStatus, "TrackedDownloadStatus"),
        (HistoryEvent, "EpisodeHistoryEventType"),
    ):
        assert set(schemas[schema]["enum"]) <= {member.value for member in kind}


def test_messages_are_each_given_once_in_order() -> None:
    row = wire.parse_queue_row(
        body(
            a_queue_row(
                errorMessage="Stalled",
                statusMessages=[
                    {"title": "S02E01.mkv", "messages": ["Not a preferred word", "Stalled"]},
                    {"title": "S02E02.mkv", "messages": ["Not a preferred word"]},
                    {"title": "No files found are eligible for import", "messages": []},
                ],
            )
        )
    )
    assert row.messages == (
        "Stalled",
        "Not a preferred word",
        "No files found are eligible for import",
    )


@pytest.mark.parametrize(
    ("raw", "kept"),
    [
        ("ABCDEF0123456789ABCDEF0123456789ABCDEF01", "abcdef0123456789abcdef0123456789abcdef01"),
        ("SABnzbd_nzo_Ab12", "SABnzbd_nzo_Ab12"),
        ("ABCDEF", "ABCDEF"),
        ("", None),
        (None, None),
    ],
)
def test_only_torrent_hashes_change_their_case(raw: str | None, kept: str | None) -> None:
    assert wire.parse_queue_row(body(a_queue_row(downloadId=raw))).download_id == kept


@pytest.mark.parametrize("name", ["id", "size", "sizeleft", "status"])
def test_a_queue_row_without_its_size_is_not_finished(name: str) -> None:
    with pytest.raises(BadPayload, match=name):
        wire.parse_queue_row(body(without(a_queue_row(), name)))


def test_a_history_record_with_all_its_fields() -> None:
    assert wire.parse_history_record(body(a_history_record())) == HistoryRecord(
        record_id=99,
        series_id=SonarrSeriesId(7),
        episode_id=SonarrEpisodeId(31),
        event=HistoryEvent.GRABBED,
        at=at("2026-01-31T17:00:00"),
        source_title="[Group] SPY x FAMILY S02 1080p",
        download_id=DownloadId("abcdef0123456789abcdef0123456789abcdef01"),
        indexer="Nyaa (Prowlarr)",
        client="qBittorrent",
        release_group="Group",
        quality="WEBDL-1080p",
        protocol="torrent",
    )


def test_a_download_url_with_a_key_in_it_is_never_kept() -> None:
    assert "SECRETKEY" not in repr(wire.parse_history_record(body(a_history_record())))


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("MissingFromDisk", DeleteReason.MISSING_FROM_DISK),
        ("Manual", DeleteReason.MANUAL),
        ("Upgrade", DeleteReason.UPGRADE),
        ("NoLinkedEpisodes", DeleteReason.NO_LINKED_EPISODES),
        ("ManualOverride", DeleteReason.MANUAL_OVERRIDE),
        ("SomethingNew", DeleteReason.OTHER),
        ("", DeleteReason.OTHER),
        (None, DeleteReason.OTHER),
    ],
)
def test_a_deleted_file_says_why(word: str | None, reason: DeleteReason) -> None:
    payload = without(
        a_history_record(eventType="episodeFileDeleted", data={"reason": word}),
        "downloadId",
    )
    record = wire.parse_history_record(body(payload))
    assert record.event is HistoryEvent.FILE_DELETED
    assert record.reason is reason
    assert record.download_id is None


def test_a_failed_download_keeps_its_message() -> None:
    data = {"downloadClient": "SABnzbd", "message": "Unpacking failed", "protocol": "1"}
    record = wire.parse_history_record(
        body(a_history_record(eventType="downloadFailed", data=data))
    )
    assert (record.client, record.message, record.protocol) == (
        "SABnzbd",
        "Unpacking failed",
        "usenet",
    )


def test_history_without_a_time_is_refused() -> None:
    for payload in (
        without(a_history_record(), "date"),
        a_history_record(date="0001-01-01T00:00:00Z"),
    ):
        with pytest.raises(BadPayload, match="date"):
            wire.parse_history_record(body(payload))


# --- small answers ----------------------------------------------------------------------------------


def test_searches_and_what_they_cover() -> None:
    commands = [
        a_command(1),
        a_command(2, "SeasonSearch", body={"seriesId": 7, "seasonNumber": 2}, status="queued"),
        a_command(3, "SeriesSearch", body={"seriesId": 8}),
        a_command(4, "MissingEpisodeSearch", body={"monitored": True}),
        a_command(5, "missingepisodesearch", body={"seriesId": 9}),
    ]
    queued_at = at("2026-01-31T17:59:00")
    assert wire.parse_commands(commands) == (
        SearchCommand(
            command_id=1,
            episode_ids=frozenset({SonarrEpisodeId(31), SonarrEpisodeId(32)}),
            queued_at=queued_at,
        ),
        SearchCommand(command_id=2, series_id=SonarrSeriesId(7), season=2, queued_at=queued_at),
        SearchCommand(command_id=3, series_id=SonarrSeriesId(8), queued_at=queued_at),
        SearchCommand(command_id=4, covers_library=True, queued_at=queued_at),
        SearchCommand(command_id=5, series_id=SonarrSeriesId(9), queued_at=queued_at),
    )


def test_other_commands_and_ended_searches_search_nothing() -> None:
    commands = [
        a_command(1, "CutoffUnmetEpisodeSearch", body={"monitored": True}),
        a_command(2, "RefreshMonitoredDownloads", body={}),
        # EpisodeSearchService.Execute(MissingEpisodeSearchCommand): then only unmonitored ones
        a_command(4, "MissingEpisodeSearch", body={"monitored": False}),
        a_command(5, "MissingEpisodeSearch", body={"seriesId": 7, "monitored": False}),
        *(
            a_command(3, status=status)
            for status in ("completed", "failed", "aborted", "cancelled", "orphaned")
        ),
    ]
    assert wire.parse_commands(commands) == ()


@pytest.mark.parametrize(
    "odd",
    [
        a_command(2, "SeasonSearch", body={}),
        a_command(2, "EpisodeSearch", body={"episodeIds": None}),
        a_command(2, "EpisodeSearch", body={"episodeIds": [31, 0]}),
        a_command(2, status=None),
    ],
)
def test_a_search_that_does_not_say_for_what_costs_no_other_search(odd: dict[str, Any]) -> None:
    found = wire.parse_commands([a_command(1, "RssSync"), odd, a_command(3)])
    assert [search.command_id for search in found] == [3]
    assert [one.key for one in found.unread] == [2]
    assert found.unread[0].place.startswith("$[1].")


def test_the_version_is_only_sonarrs() -> None:
    status = {"appName": "Sonarr", "version": "4.0.19.2979"}
    assert wire.parse_status(status) == SonarrStatus(version="4.0.19.2979", started_at=None)
    with pytest.raises(BadPayload, match='this is "Radarr", not Sonarr'):
        wire.parse_status({"appName": "Radarr", "version": "5.1.0"})
    with pytest.raises(BadPayload):
        wire.parse_status({"version": "4.0.19"})


def test_clients_out_of_reach() -> None:
    def read(*checks: dict[str, Any]) -> wire.UnreachableClients:
        return wire.parse_unreachable_clients(list(checks))

    fine = read(a_health_check("IndexerStatusCheck", "error", "qBittorrent"))
    assert fine == wire.UnreachableClients()
    assert not fine.covers("qBittorrent")

    none_configured = read(a_health_check("DownloadClientCheck", "warning", "No client"))
    assert none_configured == wire.UnreachableClients()

    one = read(
        a_health_check("DownloadClientCheck", "error", "Unable to communicate with qBittorrent.")
    )
    assert one.covers("qBittorrent")
    assert not one.covers("SABnzbd")
    assert not one.covers("")

    some = read(a_health_check("DownloadClientStatusCheck", "warning", "Indisponibles : a, b"))
    assert some.covers("b")

    every = read(a_health_check("DownloadClientStatusCheck", "error", "Alle Clients"))
    assert every.covers("anything")


def test_root_folders() -> None:
    assert wire.parse_root_folders(
        [{"id": 1, "path": "/tv", "accessible": False, "freeSpace": 5}, {"path": "/anime"}]
    ) == ("/tv", "/anime")


# --- other programs and rubbish -----------------------------------------------------------------------


def test_the_status_of_another_program_is_refused() -> None:
    with pytest.raises(BadPayload, match="Radarr"):
        wire.parse_status({"appName": "Radarr", "instanceName": "Radarr", "version": "5.0.3.8127"})


@pytest.mark.parametrize("name", ["tvdbId", "title", "path"])
def test_a_series_that_was_stripped_of_what_it_is_is_refused(name: str) -> None:
    with pytest.raises(BadPayload):
        wire.parse_series(body(without(a_series(), name)), TV)


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=12)
    | st.datetimes().map(lambda moment: moment.isoformat() + "Z")
    | st.sampled_from(["0001-01-01T00:00:00+05:00", "9999-12-31T23:59:59-05:00", "2026-02-30"])
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "title", "messages", "quality"]), inner, max_size=3
        )
    ),
    max_leaves=5,
)
ITEMS: dict[str, tuple[Callable[[bytes], object], dict[str, Any]]] = {
    "series": (lambda raw: wire.parse_series(raw, TV), a_series()),
    "episode": (wire.parse_episode, an_episode()),
    "file": (wire.parse_episode_file, an_episode_file()),
    "queue": (wire.parse_queue_row, a_queue_row()),
    "history": (wire.parse_history_record, a_history_record()),
}


@pytest.mark.parametrize("kind", ITEMS)
@given(data=st.data())
def test_damaged_items_are_read_or_refused_and_nothing_else(kind: str, data: st.DataObject) -> None:
    parse, payload = ITEMS[kind]
    damage = data.draw(st.dictionaries(st.sampled_from(sorted(payload)), VALUES, min_size=1))
    try:
        parse(msgspec.json.encode({**payload, **damage}))
    except BadPayload as error:
        refused_at = error.path
    else:
        return
    assert refused_at.startswith("$")


@pytest.mark.parametrize(
    "parse",
    [
        wire.parse_status,
        wire.parse_commands,
        wire.parse_unreachable_clients,
        wire.parse_root_folders,
    ],
)
@given(value=VALUES | st.lists(st.builds(a_command, body=VALUES) | VALUES, max_size=3))
def test_small_answers_are_read_or_refused_and_nothing_else(
    parse: Callable[[object], object], value: object
) -> None:
    try:
        parse(value)
    except BadPayload as error:
        refused_at = error.path
    else:
        return
    assert refused_at.startswith("$")


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused_and_nothing_else(raw: bytes) -> None:
    for parse, _ in ITEMS.values():
        with pytest.raises(BadPayload):
            parse(raw)
