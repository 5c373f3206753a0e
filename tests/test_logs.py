"""The log says a thing when it changes, and never a secret."""

import logging

import pytest

from exporter.logs import MaskingFormatter, UnreadLog, UpstreamLog
from exporter.model.health import System, UpstreamHealth
from exporter.model.records import Unread

WELL = UpstreamHealth(name="tv", system=System.SONARR, is_up=True, version="4.0")
ILL = UpstreamHealth(
    name="tv", system=System.SONARR, is_up=False, failing_endpoint="queue", message="refused"
)


def told(caplog: pytest.LogCaptureFixture, *cycles: UpstreamHealth) -> list[str]:
    upstream_log = UpstreamLog()
    with caplog.at_level(logging.INFO, logger="exporter.upstreams"):
        for health in cycles:
            upstream_log.tell([health])
    return [record.getMessage() for record in caplog.records]


def test_a_failure_is_said_once_and_its_end_once(caplog: pytest.LogCaptureFixture) -> None:
    assert told(caplog, WELL, ILL, ILL, ILL, WELL, WELL) == [
        "sonarr tv answers, version 4.0",
        "sonarr tv: queue: refused",
        "sonarr tv answers again",
    ]


def test_another_failure_is_said_too(caplog: pytest.LogCaptureFixture) -> None:
    other = UpstreamHealth(
        name="tv", system=System.SONARR, is_up=False, failing_endpoint="queue", message="timed out"
    )
    assert len(told(caplog, ILL, other, other)) == 2


def test_a_record_that_is_left_out_is_named_once(caplog: pytest.LogCaptureFixture) -> None:
    odd = Unread(endpoint="series", place="$[3].tvdbId", message="Expected `int` >= 1", key=57)
    named = UnreadLog("tv", System.SONARR)
    with caplog.at_level(logging.WARNING, logger="exporter.upstreams"):
        named.tell([odd])
        named.tell([odd])
    (line,) = [record.getMessage() for record in caplog.records]
    assert "sonarr tv: series: record 57 ($[3].tvdbId) is left out" in line


def test_secrets_are_masked_in_messages_and_tracebacks() -> None:
    formatter = MaskingFormatter(["s3cret-key", ""])
    with pytest.raises(ValueError, match="s3cret-key") as raised:
        int("the key s3cret-key was refused")
    error = raised.value
    record = logging.LogRecord(
        "x", logging.ERROR, "f", 1, "GET http://h/?apikey=abc&x=1 %s", ("s3cret-key",),
        (type(error), error, error.__traceback__),
    )  # fmt: skip
    text = formatter.format(record)
    assert "s3cret-key" not in text
    assert "abc" not in text
    assert "x=1" in text
    assert "Traceback" in text
