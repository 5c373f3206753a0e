"""The benchmark in small: ratios against prometheus_client in one run, with wide margins."""

from tests.bench.render import measure


def test_an_update_costs_what_changed() -> None:
    figures = measure(series=300, wanted_samples=15_000, runs=5)
    assert figures.samples > 10_000
    baseline = figures.library_openmetrics_gzip_seconds
    assert baseline / figures.one_percent_seconds > 8
    assert baseline / figures.unchanged_seconds > 20
    assert figures.gzip_bytes * 8 < figures.text_bytes
