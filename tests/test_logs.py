"""The log says a thing when it changes, and never a secret."""

import logging

import pytest

from episodarr.logs import MaskingFormatter, OncePerMinute, UnreadLog, UpstreamLog
from episodarr.model.health import System, UpstreamHealth
from episodarr.model.records import Unread

WELL = UpstreamHealth(name="tv", system=System.SONARR, is_up=True, version="4.0")
ILL = UpstreamHealth(
    name="tv", system=System.SONARR, is_up=False, failing_endpoint="queue", message="refused"
)


def logged(caplog: pytest.LogCaptureFixture, *cycles: UpstreamHealth) -> list[str]:
    upstream_log = UpstreamLog()
    with caplog.at_level(logging.INFO, logger="episodarr.upstreams"):
        for health in cycles:
            upstream_log.report([health])
    return [record.getMessage() for record in caplog.records]


def test_a_failure_is_logged_once_and_its_end_once(caplog: pytest.LogCaptureFixture) -> None:
    assert logged(caplog, WELL, ILL, ILL, ILL, WELL, WELL) == [
        "sonarr tv answers, version 4.0",
        "sonarr tv: queue: refused",
        "sonarr tv answers again",
    ]


def test_another_failure_is_logged_too(caplog: pytest.LogCaptureFixture) -> None:
    other = UpstreamHealth(
        name="tv", system=System.SONARR, is_up=False, failing_endpoint="queue", message="timed out"
    )
    assert len(logged(caplog, ILL, other, other)) == 2


def test_a_record_that_is_left_out_is_named_once(caplog: pytest.LogCaptureFixture) -> None:
    odd = Unread(
        endpoint="series",
        place="$[3].tvdbId",
        message="Expected `int` >= 1 (at $[3].tvdbId)",
        key=57,
    )
    named = UnreadLog("tv", System.SONARR)
    with caplog.at_level(logging.WARNING, logger="episodarr.upstreams"):
        named.report([odd])
        named.report([odd])
    (line,) = [record.getMessage() for record in caplog.records]
    assert "sonarr tv: series: record 57 is left out" in line
    assert line.endswith("Expected `int` >= 1 (at $[3].tvdbId)")


HOSTILE = "4.0.1\n2026-11-28 00:00:00,000 CRITICAL root: FORGED \x1b]0;owned\x07\x1b[2J \u202e\u2028 \udcff"


def formatted(message: str, *args: object, exc_info: object = None) -> str:
    record = logging.LogRecord("x", logging.ERROR, "f", 1, message, args, exc_info)  # type: ignore[arg-type]
    return MaskingFormatter([]).format(record)


def test_what_a_system_says_forges_no_line_and_steers_no_terminal() -> None:
    text = formatted("sonarr tv answers, version %s", HOSTILE)
    assert len(text.splitlines()) == 1
    assert text.isprintable()
    assert "\\x1b[2J" in text


def test_no_line_of_a_traceback_can_pass_for_a_line_of_the_log() -> None:
    with pytest.raises(ValueError, match="FORGED") as raised:
        raise ValueError(HOSTILE)
    error = raised.value
    text = formatted("it broke", exc_info=(type(error), error, error.__traceback__))
    _, *rest = text.split("\n")
    assert rest
    assert all(line.startswith("  ") and line.isprintable() for line in rest)


def test_ordinary_titles_are_logged_as_they_are() -> None:
    assert formatted("%s", "S×F — 第2話 ✓ żółć 👩\u200d👩").endswith(
        "S×F — 第2話 ✓ żółć 👩\u200d👩"
    )


def passed(limiter: OncePerMinute, *messages: tuple[str, object]) -> list[str]:
    records = [logging.LogRecord("x", logging.WARNING, "f", 1, m, (a,), None) for m, a in messages]
    return [record.getMessage() for record in records if limiter.filter(record)]


def test_a_message_is_logged_once_a_minute_and_how_often_it_was_left_out() -> None:
    now = 0.0
    limiter = OncePerMinute(lambda: now)
    assert passed(limiter, *[("broken by %s", "x")] * 1000) == ["broken by x"]
    now = 59.0
    assert passed(limiter, ("broken by %s", "x"), ("other %s", 1)) == ["other 1"]
    now = 60.0
    assert passed(limiter, ("broken by %s", "x")) == [
        "broken by x (and 1000 more like it, left out)"
    ]


def test_ten_thousand_different_things_of_one_kind_are_a_few_lines() -> None:
    limiter = OncePerMinute(lambda: 0.0)
    assert len(passed(limiter, *[("broken by %s", n) for n in range(10_000)])) <= 30
    assert passed(limiter, ("other %s", 1)) == ["other 1"]


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
