"""Families' chunks bound together into what goes over the wire."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum, auto

from episodarr.metrics.blocks import Chunk
from episodarr.metrics.deflate import Segment, compressed, gzip_member, joined
from episodarr.metrics.family import Family
from episodarr.metrics.text import OPENMETRICS_END, openmetrics_head, text_head

type Parts = tuple[bytes, ...]
"""A body, in order; most parts are shared with the body before."""


class Format(Enum):
    """The two formats, between which only the heads and the end differ."""

    TEXT = auto()
    OPENMETRICS = auto()


_END = {Format.TEXT: b"", Format.OPENMETRICS: OPENMETRICS_END}
_END_SEGMENT = {form: compressed(end) for form, end in _END.items()}


@dataclass(frozen=True, slots=True, eq=False)
class Framed:
    """A family's lines under the head of each format."""

    chunk: Chunk
    heads: dict[Format, bytes]
    segments: dict[Format, Segment]

    @classmethod
    def of(cls, row: Family, chunk: Chunk) -> "Framed":
        """Put the heads before a chunk."""
        heads = {Format.TEXT: text_head(row), Format.OPENMETRICS: openmetrics_head(row)}
        segments = {form: joined((compressed(head), chunk.segment)) for form, head in heads.items()}
        return cls(chunk, heads, segments)


class Bodies:
    """One moment in all its forms, complete; none of them is copied until it is sent."""

    def __init__(self, families: Iterable[Framed]) -> None:
        bound = tuple(families)
        self._plain = {form: tuple(_plain(bound, form)) for form in Format}
        self._gzipped = {
            form: gzip_member(joined((*(f.segments[form] for f in bound), _END_SEGMENT[form])))
            for form in Format
        }

    @property
    def text(self) -> Parts:
        """The text format 0.0.4."""
        return self._plain[Format.TEXT]

    @property
    def openmetrics(self) -> Parts:
        """OpenMetrics 1.0.0."""
        return self._plain[Format.OPENMETRICS]

    @property
    def gzip_text(self) -> Parts:
        """The text format 0.0.4 as one gzip member."""
        return self._gzipped[Format.TEXT]

    @property
    def gzip_openmetrics(self) -> Parts:
        """OpenMetrics 1.0.0 as one gzip member."""
        return self._gzipped[Format.OPENMETRICS]


def _plain(families: tuple[Framed, ...], form: Format) -> Iterator[bytes]:
    for framed in families:
        yield framed.heads[form]
        yield from framed.chunk.plain
    yield _END[form]
