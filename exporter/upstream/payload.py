"""Typed decoding of answers: a value of the declared shape, or `BadPayload` with the place in it.

Pure, so that every `wire.py` may use it.
"""

import re
from collections.abc import Hashable
from functools import cache
from typing import Any, cast

import msgspec

from exporter.errors import BadPayload

_LONGEST_QUOTE = 120
_PLACE = re.compile(r" - at `(?P<path>[^`]*)`$")
_REFUSALS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError, OverflowError)
_HTML_TITLE = re.compile(rb"<title[^>]*>\s*([^<]{1,80}?)\s*</title>", re.IGNORECASE)


def decode[T](endpoint: str, body: bytes | msgspec.Raw, shape: type[T], *, at: str = "$") -> T:
    """The body as `shape`: a msgspec Struct, or lists and mappings of them.

    `at` is the place of this body in the whole answer, for items that are decoded one by one.

    Raises:
        BadPayload: the body is no JSON, ends early, or is not of this shape.
    """
    decoder: msgspec.json.Decoder[T] = _decoder(cast("Hashable", shape))
    try:
        return decoder.decode(body)
    except _REFUSALS as error:
        raise _bad_payload(endpoint, error, at, bytes(body)) from error


def convert[T](endpoint: str, value: object, shape: type[T], *, at: str = "$") -> T:
    """An already decoded JSON value as `shape`, for libraries that decode by themselves.

    Raises:
        BadPayload: the value is not of this shape.
    """
    try:
        return msgspec.convert(value, shape)
    except _REFUSALS as error:
        raise _bad_payload(endpoint, error, at, b"") from error


def _bad_payload(endpoint: str, error: Exception, at: str, body: bytes) -> BadPayload:
    if not isinstance(error, msgspec.ValidationError):
        return BadPayload(endpoint, describe_non_json(body, error))
    text = str(error)
    place = _PLACE.search(text)
    message = (text[: place.start()] if place else text)[:_LONGEST_QUOTE]
    path = at + (place["path"].removeprefix("$") if place else "")
    return BadPayload(endpoint, f"unexpected answer: {message}", path=path)


def describe_non_json(body: bytes, error: Exception | None = None) -> str:
    """What a body that should be JSON is instead, in a few words and with the remedy."""
    start = body[:1024].lstrip().removeprefix(b"\xef\xbb\xbf").lower()
    if not start:
        return "an empty body instead of JSON"
    if start.startswith(b"<"):
        title = _HTML_TITLE.search(body[:8192])
        named = f' titled "{title[1].decode("utf-8", "replace")}"' if title else ""
        return (
            f"an HTML page{named} instead of JSON: something else answers at this address, "
            "such as a login page; check the URL and its base path"
        )
    if error is not None and "truncated" in str(error):
        return f"the body ends early, after {len(body)} bytes"
    return "the body is not JSON"


@cache
def _decoder(shape: Hashable) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(cast("type[Any]", shape))
