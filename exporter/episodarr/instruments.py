"""The metrics of the program itself, under the names of the catalogue."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.samples import Sample

from episodarr.metrics import counters as record
from episodarr.metrics.catalogue import RECORDED
from episodarr.metrics.family import Kind
from episodarr.metrics.labels import OTHER, SONARR_EVENTS
from episodarr.model.health import System
from episodarr.model.reading import FailureReason
from episodarr.model.records import Unread
from episodarr.model.steps import Steps
from episodarr.systems.guard import sent_at

ENDPOINT_LIMIT: Final = 40
"""Most endpoints per upstream, so that routes with ids in them cannot multiply the samples."""


class RequestObserver:
    """Counts the requests to one upstream."""

    def __init__(self, instruments: "Instruments", upstream: str, system: System) -> None:
        self._instruments = instruments
        self._labels = (upstream, system.value)
        self._endpoints: set[str] = set()

    def expect(self, endpoints: Iterable[str]) -> None:
        """Have the counters of these endpoints present at 0 before the first request."""
        for endpoint in endpoints:
            self._bounded(endpoint)

    def observe(self, endpoint: str, duration_seconds: float, reason: FailureReason | None) -> None:
        """Count one request.

        Args:
            endpoint: The route as a template, as in `/api/v3/series/{id}`.
            duration_seconds: From sending it to the whole answer, or to giving up.
            reason: Why it gave no fact; None for a good answer.
        """
        labels = (*self._labels, self._bounded(endpoint))
        self._instruments.requests.labels(*labels).inc()
        self._instruments.request_duration.labels(*labels).observe(duration_seconds)
        if reason is not None:
            self._instruments.request_failures.labels(*labels, reason.value).inc()

    def unusable(self, endpoint: str, reason: FailureReason) -> None:
        """Count the failure of a request that was already counted, and whose answer is unusable."""
        labels = (*self._labels, self._bounded(endpoint), reason.value)
        self._instruments.request_failures.labels(*labels).inc()

    def dated(self, clock: Callable[[], datetime], date: str) -> None:
        """Compare the upstream's clock, by the `Date` of an answer that just began, with ours.

        That is in whole seconds, half a second too early on average. One that is no date is ignored.
        """
        theirs = sent_at(date)
        if theirs is None:
            return
        skew = (theirs - clock()).total_seconds() + 0.5
        self._instruments.clock_skew.labels(*self._labels).set(round(skew))

    def dropped(self, unread: Iterable[Unread]) -> None:
        """Count records that were left out of an answer."""
        for one in unread:
            labels = (*self._labels, self._bounded(one.endpoint))
            self._instruments.dropped_records.labels(*labels).inc()

    def _bounded(self, endpoint: str) -> str:
        if endpoint in self._endpoints:
            return endpoint
        if len(self._endpoints) >= ENDPOINT_LIMIT - 1:
            endpoint = OTHER
        self._endpoints.add(endpoint)
        labels = (*self._labels, endpoint)
        self._instruments.requests.labels(*labels)
        self._instruments.request_duration.labels(*labels)
        self._instruments.dropped_records.labels(*labels)
        for reason in FailureReason:
            self._instruments.request_failures.labels(*labels, reason.value)
        return endpoint


class Instruments:
    """The counters of one process, in a registry of its own. Safe to use from any thread."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry(auto_describe=False)
        self.requests = self._counter("episodarr_upstream_requests_total")
        self.request_failures = self._counter("episodarr_upstream_request_failures_total")
        self.dropped_records = self._counter("episodarr_upstream_dropped_records_total")
        self.clock_skew = self._gauge("episodarr_upstream_clock_skew_seconds")
        self.request_duration = self._histogram("episodarr_upstream_request_duration_seconds")
        self._cycles = self._counter("episodarr_cycles_total")
        self._cycle_failures = self._counter("episodarr_cycle_failures_total")
        self._cycle_duration = self._histogram("episodarr_cycle_duration_seconds")
        self._webhook_events = self._counter("episodarr_webhook_events_total")
        self._store_write_failures = self._counter("episodarr_store_write_failures_total")
        ProcessCollector(registry=self.registry)

    def observer(
        self, upstream: str, system: System, endpoints: Iterable[str] = ()
    ) -> RequestObserver:
        """An observer for one upstream; `endpoints` are present at 0 from the start."""
        observer = RequestObserver(self, upstream, system)
        observer.expect(endpoints)
        return observer

    def cycle_ended(self, duration_seconds: float, *, failed: bool) -> None:
        """Count one cycle; `failed` if it hit a bug and the snapshot before was kept."""
        self._cycles.inc()
        self._cycle_duration.observe(duration_seconds)
        if failed:
            self._cycle_failures.inc()

    def webhook_accepted(self, upstream: str, event: str) -> None:
        """Count one call of Sonarr's webhook, by its `eventType`."""
        self._webhook_events.labels(upstream, event if event in SONARR_EVENTS else OTHER).inc()

    def store_write_failed(self) -> None:
        """Count one failed write to the store."""
        self._store_write_failures.inc()

    def counter_steps(self) -> Steps[record.Counters]:
        """Everything counted up to now, for the exposition; each time a thousand samples, so in steps."""
        values: dict[str, dict[record.LabelValues, float]] = {}
        histograms: dict[str, dict[record.LabelValues, record.Histogram]] = {}
        for metric in self.registry.collect():
            name = f"{metric.name}_total" if metric.type == "counter" else metric.name
            row = RECORDED[name]
            if row.kind is Kind.HISTOGRAM:
                histograms[name] = _histograms(row.label_names, metric.samples)
            else:
                names = row.label_names
                # The library adds `…_created` samples, which are neither wanted nor in the catalogue.
                values[name] = {
                    _label_values(names, sample.labels): sample.value
                    for sample in metric.samples
                    if sample.name == name
                }
            yield
        return record.Counters(values=values, histograms=histograms)

    def _counter(self, name: str) -> Counter:
        row = RECORDED[name]
        return Counter(row.name, row.help, row.label_names, registry=self.registry)

    def _gauge(self, name: str) -> Gauge:
        row = RECORDED[name]
        return Gauge(row.name, row.help, row.label_names, registry=self.registry)

    def _histogram(self, name: str) -> Histogram:
        row = RECORDED[name]
        return Histogram(
            row.name, row.help, row.label_names, buckets=row.buckets, registry=self.registry
        )


def _label_values(names: tuple[str, ...], labels: Mapping[str, str]) -> record.LabelValues:
    return tuple([labels[name] for name in names])


def _histograms(
    names: tuple[str, ...], samples: Iterable[Sample]
) -> dict[record.LabelValues, record.Histogram]:
    cumulative: dict[record.LabelValues, list[int]] = {}
    sums: dict[record.LabelValues, float] = {}
    for sample in samples:
        labels = _label_values(names, sample.labels)
        if sample.name.endswith("_bucket"):
            cumulative.setdefault(labels, []).append(int(sample.value))
        elif sample.name.endswith("_sum"):
            sums[labels] = sample.value
    return {
        labels: record.Histogram(
            tuple(b - a for a, b in zip((0, *counts[:-1]), counts, strict=True)), sums[labels]
        )
        for labels, counts in cumulative.items()
    }
