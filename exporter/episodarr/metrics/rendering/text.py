"""The syntax of the text format 0.0.4 and of OpenMetrics 1.0.0.

Both write samples the same way; they differ in the head of counters and in the last line.
Source: Prometheus' "Exposition formats", OpenMetrics 1.0 "Text format".
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from itertools import accumulate

from episodarr.metrics.counters import Histogram
from episodarr.metrics.family import Family, Kind

OPENMETRICS_END = b"# EOF\n"

# Controls (but not the newline, which has an escape) and halves of surrogate pairs: a NUL ends the
# input of some parsers, and a lone surrogate has no UTF-8.
_UNPRINTABLE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_NEEDS_WORK = re.compile('[\x00-\x1f\x7f-\x9f\ud800-\udfff"\\\\]')
_ESCAPES = str.maketrans({"\\": r"\\", "\n": r"\n", '"': r"\""})


def clean(value: str) -> str:
    """The same with U+FFFD for what cannot be written: controls and lone surrogates."""
    return _UNPRINTABLE.sub("\ufffd", value)


@lru_cache(maxsize=2048)
def escape(value: str) -> str:
    """A label value as it stands between the quotes."""
    if _NEEDS_WORK.search(value) is None:
        return value
    return clean(value).translate(_ESCAPES)


def is_finite(value: float) -> bool:
    """Whether it is a number that people can read: neither NaN nor infinite."""
    # Not math.isfinite, which raises on whole numbers that are too large for a float.
    return value - value == 0


def number(value: float) -> str:
    """A finite number: an integer without a fraction, else the fewest digits that are exact."""
    if isinstance(value, int):
        return int.__repr__(value)
    if value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    return repr(value)


def label_block(names: Iterable[str], values: Iterable[str]) -> str:
    """Labels as they stand between the braces."""
    pairs = zip(names, values, strict=True)
    return ",".join(f'{name}="{escape(value)}"' for name, value in pairs)


def sample_line(name: str, labels: str, value: float) -> str:
    """One line with its newline; `labels` as `label_block` writes them."""
    braces = f"{{{labels}}}" if labels else ""
    return f"{name}{braces} {number(value)}\n"


def histogram_lines(
    name: str, labels: str, buckets: tuple[float, ...], histogram: Histogram
) -> str:
    """The lines of one histogram: cumulative buckets, then sum and count."""
    lead = f"{labels}," if labels else ""
    # As floats, the way both formats and Prometheus 3 spell bounds, so that no scraper renames them.
    bounds = [repr(float(bound)) for bound in buckets] + ["+Inf"]
    lines = [
        sample_line(f"{name}_bucket", f'{lead}le="{bound}"', count)
        for bound, count in zip(bounds, accumulate(histogram.bucket_counts), strict=True)
    ]
    lines.append(sample_line(f"{name}_sum", labels, histogram.sum))
    lines.append(sample_line(f"{name}_count", labels, histogram.count))
    return "".join(lines)


def text_head(row: Family) -> bytes:
    """HELP and TYPE of the text format."""
    return _head(row.name, row)


def openmetrics_head(row: Family) -> bytes:
    """HELP and TYPE of OpenMetrics, where a counter's family goes without `_total`."""
    name = row.name.removesuffix("_total") if row.kind is Kind.COUNTER else row.name
    return _head(name, row)


def _head(name: str, row: Family) -> bytes:
    # OpenMetrics escapes quotes in HELP and the text format does not; a test keeps both out of it.
    return f"# HELP {name} {row.help}\n# TYPE {name} {row.kind.value}\n".encode()
