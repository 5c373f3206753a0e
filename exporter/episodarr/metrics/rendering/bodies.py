"""Families' chunks bound together into what goes over the wire."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Protocol

from episodarr.metrics.family import Family
from episodarr.metrics.rendering.blocks import Chunk
from episodarr.metrics.rendering.deflate import (
    Segment,
    compressed,
    gzip_member,
    joined,
    unpacked_steps,
)
from episodarr.metrics.rendering.text import OPENMETRICS_END, openmetrics_head, text_head

PIECE_BYTES = 262_144
"""At most so many bytes of text are unpacked at once: a millisecond or less."""


class Body(Protocol):
    """What goes over the wire, in order. May be gone through more than once."""

    @property
    def size(self) -> int:
        """All its bytes."""
        ...

    def __iter__(self) -> Iterator[bytes]:
        """Its parts; most of them are shared with the body before."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """Bytes that are sent as they lie in memory."""

    parts: tuple[bytes, ...]

    @property
    def size(self) -> int:
        """Bytes as they are sent."""
        return sum(map(len, self.parts))

    def __iter__(self) -> Iterator[bytes]:
        """The parts as they lie in memory."""
        return iter(self.parts)


@dataclass(frozen=True, slots=True, eq=False)
class Plain:
    """The same as text: it is unpacked in steps, when their turn comes."""

    segment: Segment

    @property
    def size(self) -> int:
        """Bytes as they are sent."""
        return self.segment.size

    def __iter__(self) -> Iterator[bytes]:
        """The text in pieces of at most `PIECE_BYTES`."""
        return unpacked_steps(self.segment.parts, PIECE_BYTES)


class Format(Enum):
    """The two formats, between which only the heads and the end differ."""

    TEXT = auto()
    OPENMETRICS = auto()


_END = {Format.TEXT: b"", Format.OPENMETRICS: OPENMETRICS_END}
_END_SEGMENT = {form: compressed(end) for form, end in _END.items()}


type Framed = Mapping[Format, Segment]
"""A family's lines under the head of each format."""


def framed(row: Family, chunk: Chunk) -> Framed:
    """A chunk with the heads before it."""
    heads = {Format.TEXT: text_head(row), Format.OPENMETRICS: openmetrics_head(row)}
    return {form: joined((compressed(head), chunk.segment)) for form, head in heads.items()}


class Bodies:
    """One moment in all its forms, complete; none of them is copied until it is sent."""

    def __init__(self, families: Iterable[Framed]) -> None:
        bound = tuple(families)
        self._segments = {
            form: joined((*(family[form] for family in bound), _END_SEGMENT[form]))
            for form in Format
        }

    @property
    def text(self) -> Plain:
        """The text format 0.0.4."""
        return Plain(self._segments[Format.TEXT])

    @property
    def openmetrics(self) -> Plain:
        """OpenMetrics 1.0.0."""
        return Plain(self._segments[Format.OPENMETRICS])

    @property
    def gzip_text(self) -> Parts:
        """The text format 0.0.4 as one gzip member."""
        return Parts(gzip_member(self._segments[Format.TEXT]))

    @property
    def gzip_openmetrics(self) -> Parts:
        """OpenMetrics 1.0.0 as one gzip member."""
        return Parts(gzip_member(self._segments[Format.OPENMETRICS]))
