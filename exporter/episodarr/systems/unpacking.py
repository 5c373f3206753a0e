"""Unpacks compressed bodies in small steps, so that a few bytes cannot become gigabytes.

Only gzip is requested, and only gzip is accepted, once: no honest server packs a body twice.
"""

import re
import zlib
from collections.abc import Iterator

from episodarr.errors import BadPayload

ACCEPTED_ENCODING = "gzip"
STEP_BYTES = 64 * 1024
"""The most bytes that one step gives."""
_GZIP = 16 + zlib.MAX_WBITS
_MOST_COMMAS = 4_000_000
"""The largest supported list, a hundred thousand episodes, has 2.5 million."""
_TEXT = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"')
_MOST_OPENINGS = 2_000_000
_FEW_COMMAS = 500_000
_COMMAS_PER_OPENING = 200
"""No record has so many fields: this is a list of bare numbers or texts."""


class Unpacker:
    """Unpacks one body: call `feed` for each piece received, then `end`."""

    def __init__(self, endpoint: str, content_encoding: str) -> None:
        """Prepare for a body with this Content-Encoding.

        Raises:
            BadPayload: its encoding was not requested.
        """
        self._endpoint = endpoint
        encoding = content_encoding.strip().lower()
        if encoding not in {"", "identity", "gzip", "x-gzip"}:
            message = f"the body is packed as {encoding[:40]!r}, which was not asked for"
            raise BadPayload(endpoint, message)
        self._is_packed = encoding in {"gzip", "x-gzip"}
        self._member: zlib._Decompress | None = None

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The unpacked bytes of this piece, at most `STEP_BYTES` at a time.

        Raises:
            BadPayload: it cannot be unpacked.
        """
        if not self._is_packed:
            if data:
                yield data
            return
        is_done = not data
        while not is_done:
            member = self._member = self._member or zlib.decompressobj(_GZIP)
            try:
                piece = member.decompress(data, STEP_BYTES)
            except zlib.error as error:
                message = "the compressed body cannot be unpacked"
                raise BadPayload(self._endpoint, message) from error
            if piece:
                yield piece
            if member.eof:
                data, self._member = member.unused_data, None
                is_done = not data
            else:
                data = member.unconsumed_tail
                is_done = not data and len(piece) < STEP_BYTES  # Else it may still hold output.

    def end(self) -> None:
        """Check that the body is complete, after its last piece.

        Raises:
            BadPayload: the body ends early.
        """
        if self._member is not None:
            raise BadPayload(self._endpoint, "the compressed body ends early")


def refuse_a_swarm(endpoint: str, body: bytes) -> None:
    """Refuse a body whose values would take far more memory than its bytes.

    Each value of a list takes a hundred bytes once decoded, however short its text is.

    Raises:
        BadPayload: it holds more values than any genuine answer, or a long list of bare ones.
    """
    commas = body.count(b",")
    if commas <= _FEW_COMMAS:
        return
    openings = body.count(b"{") + body.count(b"[")
    if commas > _MOST_COMMAS and commas <= openings * _COMMAS_PER_OPENING:
        commas = _TEXT.sub(b"", body).count(b",")  # Commas in texts separate no values.
    if (
        commas > _MOST_COMMAS
        or openings > _MOST_OPENINGS
        or commas > openings * _COMMAS_PER_OPENING
    ):
        raise BadPayload(
            endpoint, f"the body holds {commas} values, more than any list that is meant"
        )
