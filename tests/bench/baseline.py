"""What `prometheus_client` takes to render the same samples: for each scrape, for it keeps nothing."""

import gzip
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import override

import httpx
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector


@dataclass(frozen=True)
class Baseline:
    """CPU seconds per scrape, the least of several."""

    samples: int
    text_seconds: float
    openmetrics_gzip_seconds: float
    """What Prometheus asks for."""


class _Given(Collector):
    """Hands out samples that are there already: only their rendering is measured."""

    def __init__(self, metrics: list[Metric]) -> None:
        self._metrics = metrics

    @override
    def collect(self) -> Iterable[Metric]:
        return self._metrics


def render_served(port: int, runs: int) -> Baseline:
    """Take what the exporter serves, and render it again."""
    return render(httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=60).text, runs)


def render(text: str, runs: int) -> Baseline:
    """Render the samples of this text with the library."""
    metrics = list(text_string_to_metric_families(text))
    registry = CollectorRegistry()
    registry.register(_Given(metrics))
    plain, packed = [], []
    for _ in range(runs):
        began = time.process_time()
        generate_latest(registry)
        plain.append(time.process_time() - began)
        began = time.process_time()
        gzip.compress(generate_openmetrics(registry))  # type: ignore[no-untyped-call]  # the library has no types there
        packed.append(time.process_time() - began)
    return Baseline(
        samples=sum(len(metric.samples) for metric in metrics),
        text_seconds=min(plain),
        openmetrics_gzip_seconds=min(packed),
    )
