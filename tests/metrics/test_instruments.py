"""The program's own counters come out under the catalogue's names."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from episodarr.instruments import ENDPOINT_LIMIT, Instruments
from episodarr.metrics.rendering.exposition import Exposition
from episodarr.model.health import System
from episodarr.model.reading import FailureReason
from episodarr.model.records import Unread
from tests.builders import a_snapshot, an_upstream_health
from tests.metrics.reading import Key, labels, read_openmetrics, values_of

REQUESTS = "episodarr_upstream_requests_total"
FAILURES = "episodarr_upstream_request_failures_total"
DURATION = "episodarr_upstream_request_duration_seconds"
SKEW = "episodarr_upstream_clock_skew_seconds"


def page(instruments: Instruments) -> dict[Key, float]:
    upstreams = (an_upstream_health(), an_upstream_health("shoko", System.SHOKO))
    snapshot = a_snapshot(upstreams=upstreams)
    return read_openmetrics(
        b"".join(Exposition(instruments=instruments).update(snapshot).openmetrics)
    )


def test_requests_failures_and_durations_are_counted() -> None:
    instruments = Instruments()
    observer = instruments.observer("tv", System.SONARR)
    observer.observe("/api/v3/queue", 0.03, None)
    observer.observe("/api/v3/queue", 12.0, FailureReason.TIMEOUT)
    found = page(instruments)
    where = {"upstream": "tv", "system": "sonarr", "endpoint": "/api/v3/queue"}
    assert found[REQUESTS, labels(**where)] == 2
    assert found[FAILURES, labels(**where, reason="timeout")] == 1
    assert found[DURATION + "_bucket", labels(**where, le="0.05")] == 1
    assert found[DURATION + "_bucket", labels(**where, le="10.0")] == 1
    assert found[DURATION + "_bucket", labels(**where, le="+Inf")] == 2
    assert found[DURATION + "_sum", labels(**where)] == pytest.approx(12.03)


def test_an_answer_that_proves_unusable_is_a_failure_and_no_second_request() -> None:
    instruments = Instruments()
    observer = instruments.observer("tv", System.SONARR)
    observer.observe("/api/v3/queue", 0.03, None)
    observer.unusable("/api/v3/queue", FailureReason.BAD_PAYLOAD)
    found = page(instruments)
    where = {"upstream": "tv", "system": "sonarr", "endpoint": "/api/v3/queue"}
    assert found[REQUESTS, labels(**where)] == 1
    assert found[FAILURES, labels(**where, reason="bad_payload")] == 1


def test_records_that_are_left_out_are_counted_from_zero() -> None:
    instruments = Instruments()
    observer = instruments.observer("tv", System.SONARR, endpoints=["series", "queue"])
    odd = Unread(endpoint="series", place="$[3]", message="odd", key=None)
    observer.dropped([odd, odd])
    found = values_of(page(instruments), "episodarr_upstream_dropped_records_total")
    assert sorted(found.values()) == [0, 2]


def test_every_reason_is_there_at_zero_before_the_first_failure() -> None:
    instruments = Instruments()
    instruments.observer("tv", System.SONARR, endpoints=["/api/v3/series"])
    found = page(instruments)
    assert len(values_of(found, FAILURES)) == len(FailureReason)
    assert set(values_of(found, FAILURES).values()) == {0}
    assert set(values_of(found, REQUESTS).values()) == {0}


def test_endpoints_that_are_no_templates_do_not_make_a_metric_each() -> None:
    instruments = Instruments()
    observer = instruments.observer("tv", System.SONARR)
    for number in range(1_000):
        observer.observe(f"/api/v3/series/{number}", 0.01, None)
    found = values_of(page(instruments), REQUESTS)
    assert len(found) == ENDPOINT_LIMIT
    assert sum(found.values()) == 1_000
    other = labels(upstream="tv", system="sonarr", endpoint="other")
    assert found[other] == 1_000 - ENDPOINT_LIMIT + 1


def test_cycles_webhooks_and_the_store() -> None:
    instruments = Instruments()
    instruments.cycle_ended(0.2, failed=False)
    instruments.cycle_ended(0.7, failed=True)
    instruments.webhook_accepted("tv", "SeriesDelete")
    instruments.webhook_accepted("tv", "A word of Sonarr 5")
    instruments.store_write_failed()
    found = page(instruments)
    assert found["episodarr_cycles_total", labels()] == 2
    assert found["episodarr_cycle_failures_total", labels()] == 1
    assert found["episodarr_cycle_duration_seconds_count", labels()] == 2
    events = values_of(found, "episodarr_webhook_events_total")
    assert events[labels(upstream="tv", event="SeriesDelete")] == 1
    assert events[labels(upstream="tv", event="other")] == 1
    assert events[labels(upstream="tv", event="Grab")] == 0
    assert found["episodarr_store_write_failures_total", labels()] == 1


def test_counters_of_a_quiet_process_are_there_at_zero() -> None:
    found = page(Instruments())
    assert found["episodarr_cycles_total", labels()] == 0
    assert found["episodarr_cycle_duration_seconds_count", labels()] == 0
    assert found["episodarr_store_write_failures_total", labels()] == 0
    assert len(values_of(found, "episodarr_webhook_events_total")) == 12


def test_threads_lose_no_count() -> None:
    instruments = Instruments()
    observer = instruments.observer("main", System.QBITTORRENT)

    def work(_: int) -> None:
        for _step in range(500):
            observer.observe("/api/v2/sync/maindata", 0.001, FailureReason.TIMEOUT)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    found = page(instruments)
    assert set(values_of(found, REQUESTS).values()) == {2_000}
    assert max(values_of(found, FAILURES).values()) == 2_000


def test_no_created_samples_and_every_name_is_in_the_catalogue() -> None:
    instruments = Instruments()
    instruments.observer("tv", System.SONARR).observe("/x", 0.1, None)
    assert not [name for name, _ in page(instruments) if name.endswith("_created")]


@pytest.mark.parametrize(
    ("date", "skew"),
    [
        ("Sun, 01 Mar 2026 12:00:00 GMT", 0),
        ("Sun, 01 Mar 2026 11:54:00 GMT", -360),
        ("Mon, 02 Mar 2026 12:00:00 GMT", 86_400),
        ("Sun, 01 Mar 2026 14:00:00 +0200", 0),
    ],
)
def test_how_far_an_upstreams_clock_is_ahead_of_ours(date: str, skew: int) -> None:
    instruments = Instruments()
    now = datetime(2026, 3, 1, 12, 0, 0, 400_000, tzinfo=UTC)
    instruments.observer("tv", System.SONARR).dated(lambda: now, date)
    where = labels(upstream="tv", system="sonarr")
    assert page(instruments)[SKEW, where] == skew


@pytest.mark.parametrize(
    "date",
    [
        *("", "yesterday", "Sun, 99 Mar 2026 12:00:00 GMT", "0", "\0" * 9),
        f"Sun, 01 Mar 2026 12:00:00 +{'9' * 20}",
    ],
)
def test_what_is_no_date_tells_of_no_clock(date: str) -> None:
    instruments = Instruments()
    instruments.observer("tv", System.SONARR).dated(lambda: datetime(2026, 3, 1, tzinfo=UTC), date)
    assert not any(name == SKEW for name, _ in page(instruments))
