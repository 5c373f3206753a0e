"""Families' chunks bound together into what goes over the wire."""

from collections.abc import Generator, Iterable
from dataclasses import dataclass
from enum import Enum, auto
from io import BytesIO
from itertools import batched

from exporter.metrics.deflate import Segment, compressed, gzip_member, joined
from exporter.metrics.family import Family
from exporter.metrics.shelf import Chunk
from exporter.metrics.text import OPENMETRICS_END, openmetrics_head, text_head

_PLAIN_UPDATES = 40
"""For how many updates a plain form is prepared after someone read it."""
_PIECES_PER_STEP = 8_192
"""About a megabyte."""


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
    """One moment in all its forms.

    The gzip forms, which every scraper asks for, are complete. A plain form is joined from the same
    lines when it is first asked for; as long as someone keeps asking, later ones come complete.
    """

    def __init__(
        self, families: tuple[Framed, ...], gzipped: dict[Format, bytes], plain: dict[Format, bytes]
    ) -> None:
        self._families = families
        self._gzipped = gzipped
        self._plain = plain
        self.plain_asked: set[Format] = set()
        """The plain forms that someone read."""

    @property
    def text(self) -> bytes:
        """The text format 0.0.4."""
        return self._plain_form(Format.TEXT)

    @property
    def openmetrics(self) -> bytes:
        """OpenMetrics 1.0.0."""
        return self._plain_form(Format.OPENMETRICS)

    @property
    def gzip_text(self) -> bytes:
        """The text format 0.0.4 as one gzip member."""
        return self._gzipped[Format.TEXT]

    @property
    def gzip_openmetrics(self) -> bytes:
        """OpenMetrics 1.0.0 as one gzip member."""
        return self._gzipped[Format.OPENMETRICS]

    def _plain_form(self, form: Format) -> bytes:
        self.plain_asked.add(form)
        plain = self._plain.get(form)
        if plain is None:
            plain = self._plain[form] = b"".join(_parts(self._families, form))
        return plain


class Binder:
    """Makes bodies, and remembers which forms are in demand."""

    def __init__(self) -> None:
        self._last: Bodies | None = None
        self._demand = dict.fromkeys(Format, 0)

    def bind_steps(self, families: Iterable[Framed]) -> Generator[None, None, Bodies]:
        """The bodies of these families, in steps of a few milliseconds."""
        bound = tuple(families)
        gzipped = {
            form: gzip_member(joined((*(f.segments[form] for f in bound), _END_SEGMENT[form])))
            for form in Format
        }
        plain: dict[Format, bytes] = {}
        for form in self._wanted():
            buffer = BytesIO()
            for batch in batched(_parts(bound, form), _PIECES_PER_STEP):
                buffer.writelines(batch)
                yield
            plain[form] = buffer.getvalue()
        self._last = Bodies(bound, gzipped, plain)
        return self._last

    def _wanted(self) -> list[Format]:
        asked = self._last.plain_asked if self._last is not None else set()
        for form, left in self._demand.items():
            self._demand[form] = _PLAIN_UPDATES if form in asked else max(0, left - 1)
        return [form for form, left in self._demand.items() if left]


def _parts(families: tuple[Framed, ...], form: Format) -> Iterable[bytes]:
    for framed in families:
        yield framed.heads[form]
        yield from framed.chunk.pieces
    yield _END[form]
