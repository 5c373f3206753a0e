"""Who gets which body."""

import gzip

import pytest

from episodarr.metrics.rendering.exposition import Exposition
from episodarr.metrics.rendering.negotiation import OPENMETRICS_TYPE, TEXT_TYPE, choose_body
from tests.metrics.scene import everything

BODIES = Exposition().update(everything())

PROMETHEUS_2_42 = (
    "application/openmetrics-text;version=1.0.0,"
    "application/openmetrics-text;version=0.0.1;q=0.75,"
    "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
)
PROMETHEUS_3 = (
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,"
    "application/openmetrics-text;version=0.0.1;q=0.4,"
    "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,"
    "text/plain;version=0.0.4;q=0.2,*/*;q=0.1"
)
PROMETHEUS_3_PROTOBUF = (
    "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;"
    "encoding=delimited;q=0.6," + PROMETHEUS_3
)
PROMETHEUS_TEXT_FIRST = (
    "text/plain;version=0.0.4;q=0.6,application/openmetrics-text;version=1.0.0;q=0.5"
)
FIREFOX = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (PROMETHEUS_2_42, OPENMETRICS_TYPE),
        (PROMETHEUS_3, OPENMETRICS_TYPE),
        (PROMETHEUS_3_PROTOBUF, OPENMETRICS_TYPE),
        (PROMETHEUS_TEXT_FIRST, TEXT_TYPE),
        (FIREFOX, TEXT_TYPE),
        (None, TEXT_TYPE),
        ("", TEXT_TYPE),
        ("*/*", TEXT_TYPE),
        ("application/json", TEXT_TYPE),
        ("text/plain", TEXT_TYPE),
        ("application/openmetrics-text", OPENMETRICS_TYPE),
        ("Application/OpenMetrics-Text; Version=1.0.0", OPENMETRICS_TYPE),
        ('application/openmetrics-text; version="1.0.0"', OPENMETRICS_TYPE),
        ("application/openmetrics-text;version=0.0.1", TEXT_TYPE),
        ("application/openmetrics-text;version=2.0.0,text/plain;q=0.1", TEXT_TYPE),
        ("application/openmetrics-text;q=0,*/*;q=0.5", TEXT_TYPE),
        ("application/openmetrics-text;q=0.5,*/*", TEXT_TYPE),
        ("text/plain;q=0,application/*", OPENMETRICS_TYPE),
        ("text/plain,application/openmetrics-text", TEXT_TYPE),
        ("application/openmetrics-text,text/plain", OPENMETRICS_TYPE),
        ("application/openmetrics-text;q=nonsense,text/plain;q=0.1", TEXT_TYPE),
        ("application/openmetrics-text;q=nan,text/plain;q=0.1", TEXT_TYPE),
        (",,;;", TEXT_TYPE),
    ],
)
def test_the_format_follows_accept(accept: str | None, expected: str) -> None:
    content_type, encoding, body = choose_body(BODIES, accept, None)
    assert (content_type, encoding) == (expected, None)
    plain = BODIES.openmetrics if expected == OPENMETRICS_TYPE else BODIES.text
    assert b"".join(body) == b"".join(plain)


@pytest.mark.parametrize(
    ("accept_encoding", "is_gzip"),
    [
        (None, False),
        ("", False),
        ("identity", False),
        ("deflate, br", False),
        ("gzip", True),
        ("x-gzip", True),
        ("GZIP;q=0.5", True),
        ("gzip, deflate, br, zstd", True),
        ("*", True),
        ("*;q=0", False),
        ("gzip;q=0", False),
        ("gzip;q=0, *", False),
        ("gzip;q=0.2, identity;q=0.8", False),
        ("gzip;q=0.8, identity;q=0.2", True),
    ],
)
def test_gzip_goes_to_those_who_ask(accept_encoding: str | None, is_gzip: bool) -> None:
    for accept, plain in ((None, BODIES.text), (PROMETHEUS_3, BODIES.openmetrics)):
        _, encoding, body = choose_body(BODIES, accept, accept_encoding)
        assert encoding == ("gzip" if is_gzip else None)
        assert (gzip.decompress(b"".join(body)) if is_gzip else b"".join(body)) == b"".join(plain)
