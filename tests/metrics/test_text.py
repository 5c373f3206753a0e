"""What is written can be read back, whatever a title holds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.openmetrics.parser import (
    text_string_to_metric_families as openmetrics_families,
)
from prometheus_client.parser import text_string_to_metric_families

from episodarr.metrics.counters import Histogram
from episodarr.metrics.rendering.text import (
    clean,
    escape,
    histogram_lines,
    is_finite,
    label_block,
    number,
    sample_line,
)

anything = st.text(st.characters())
"""Every code point, controls and lone surrogates among them."""


@given(anything)
def test_both_parsers_read_back_a_cleaned_label_value(value: str) -> None:
    line = sample_line("m", label_block(("a", "b"), (value, "x")), 1)
    page = f"# HELP m A metric.\n# TYPE m gauge\n{line}"
    (text,) = text_string_to_metric_families(page)
    (strict,) = openmetrics_families(page + "# EOF\n")  # type: ignore[no-untyped-call]  # it has none
    expected = {"a": clean(value), "b": "x"}
    assert text.samples[0].labels == expected
    assert strict.samples[0].labels == expected


@given(anything)
def test_an_escaped_value_is_one_line_of_utf8_without_controls(value: str) -> None:
    written = escape(value)
    assert written.encode().decode() == written
    assert not any(ord(c) < 32 or 127 <= ord(c) < 160 for c in written)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("plain", "plain"),
        ('say "hi"', r"say \"hi\""),
        ("back\\slash", r"back\\slash"),
        ("two\nlines", r"two\nlines"),
        ("\\n", r"\\n"),
        ("nul\x00 tab\t del\x7f nel\x85", "nul\ufffd tab\ufffd del\ufffd nel\ufffd"),
        ("half \ud83d", "half \ufffd"),
        ("葬送のフリーレン 🧙", "葬送のフリーレン 🧙"),
    ],
)
def test_escapes(value: str, written: str) -> None:
    assert escape(value) == written


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0, "0"),
        (-0.0, "0"),
        (3.0, "3"),
        (True, "1"),
        (0.45, "0.45"),
        (1e-07, "1e-07"),
        (1_777_000_000.25, "1777000000.25"),
        (2**63, "9223372036854775808"),
        (1e300, "1e+300"),
    ],
)
def test_numbers_have_no_noise(value: float, written: str) -> None:
    assert number(value) == written


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_reads_back_as_itself(value: float) -> None:
    assert float(number(value)) == value


def test_only_nan_and_the_infinities_are_not_finite() -> None:
    assert [is_finite(v) for v in (0, 10**400, 1e308, float("nan"), float("inf"))] == [
        True,
        True,
        True,
        False,
        False,
    ]


def test_a_sample_without_labels_has_no_braces() -> None:
    assert sample_line("m", "", 2) == "m 2\n"


def test_histogram_buckets_are_cumulative_and_end_with_the_count() -> None:
    lines = histogram_lines("h", 'a="b"', (0.5, 60.0), Histogram((2, 3, 4), 71.5))
    assert lines == (
        'h_bucket{a="b",le="0.5"} 2\n'
        'h_bucket{a="b",le="60.0"} 5\n'
        'h_bucket{a="b",le="+Inf"} 9\n'
        'h_sum{a="b"} 71.5\n'
        'h_count{a="b"} 9\n'
    )
