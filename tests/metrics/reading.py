"""Pages read back, by the Prometheus library's parsers, into something that can be compared."""

from collections.abc import Iterable

from prometheus_client.openmetrics.parser import (
    text_string_to_metric_families as openmetrics_families,
)
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

type Key = tuple[str, frozenset[tuple[str, str]]]


def read_text(body: bytes) -> dict[Key, float]:
    """Samples of the text format; fails on a sample that is there twice."""
    families = text_string_to_metric_families(body.decode())
    return _samples(sample for family in families for sample in family.samples)


def read_openmetrics(body: bytes) -> dict[Key, float]:
    """Samples of OpenMetrics, whose parser is strict about order, names and the end."""
    families = openmetrics_families(body.decode())  # type: ignore[no-untyped-call]  # it has none
    return _samples(sample for family in families for sample in family.samples)


def labels(**values: str) -> frozenset[tuple[str, str]]:
    return frozenset(values.items())


def values_of(samples: dict[Key, float], name: str) -> dict[frozenset[tuple[str, str]], float]:
    """The samples of one name, by labels."""
    return {found: value for (known, found), value in samples.items() if known == name}


def _samples(found: Iterable[Sample]) -> dict[Key, float]:
    samples: dict[Key, float] = {}
    for sample in found:
        key = (sample.name, frozenset(sample.labels.items()))
        assert key not in samples, f"{key} is there twice"
        samples[key] = float(sample.value)
    return samples
