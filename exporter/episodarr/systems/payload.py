"""Typed decoding of answers: a value of the declared shape, or `BadPayload` with the place in it.

Pure, so that every `wire` may use it.
"""

import re
from collections.abc import Callable, Hashable, Iterable, Set
from datetime import UTC, datetime
from functools import cache
from typing import Annotated, Any, cast

import msgspec

from episodarr.errors import BadPayload
from episodarr.model.records import Records, Unread
from episodarr.model.steps import Steps, in_one_go

type KeyOf = Callable[[object], int | str | None]
"""Finds a record's own id in its JSON, if it can be read."""

type Int64 = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
"""A number that the store can hold; a larger one is no real id, size or count."""

ITEMS_PER_STEP = 200
"""Items of a list that are read in one step, a few milliseconds."""
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


def decode_record[T](
    endpoint: str, body: bytes | msgspec.Raw, shape: type[T], spare: Set[str], *, at: str = "$"
) -> T:
    """The body as `shape`; a `spare` field that cannot be read is as if it had not been sent.

    Raises:
        BadPayload: any other field cannot be read.
    """
    try:
        return decode(endpoint, body, shape, at=at)
    except BadPayload as error:
        sent = _object(body)
        if sent is None:
            raise
        kept = dict(sent)
        while (name := _field_of(error, at)) in spare and name in kept:
            del kept[name]
            try:
                return convert(endpoint, kept, shape, at=at)
            except BadPayload as next_error:
                error = next_error
        raise error from None


def _field_of(error: BadPayload, at: str) -> str:
    """The record's own field that the error is about."""
    return re.split(r"[.\[]", error.path.removeprefix(at).removeprefix("."), maxsplit=1)[0]


def _object(body: bytes | msgspec.Raw) -> dict[str, Any] | None:
    try:
        sent = msgspec.json.decode(body)
    except _REFUSALS:
        return None
    return sent if isinstance(sent, dict) else None


def key_in(name: str, kind: type[int | str] = int) -> KeyOf:
    """A function that reads the id in field `name`: a positive number or a text, else None."""

    def key_of(item: object) -> int | str | None:
        value = item.get(name) if isinstance(item, dict) else None
        if not isinstance(value, kind) or isinstance(value, bool):
            return None
        is_id = 0 < value < 2**63 if isinstance(value, int) else bool(value)
        return value if is_id else None

    return key_of


def unread(
    endpoint: str,
    item: object,
    error: BadPayload,
    key_of: KeyOf,
) -> Unread:
    """The note of a list item that cannot be used; `item` is its JSON, decoded or not."""
    value = _object(item) if isinstance(item, bytes | msgspec.Raw) else item
    return Unread(endpoint=endpoint, place=error.path, message=error.message, key=key_of(value))


def read_each[I, T](
    endpoint: str,
    items: Iterable[I],
    read: Callable[[I, str], T],
    key_of: KeyOf,
    *,
    at: str = "$",
    may_all_be_odd: bool = False,
) -> Records[T]:
    """What `read_each_steps` gives, in one go."""
    return in_one_go(
        read_each_steps(endpoint, items, read, key_of, at=at, may_all_be_odd=may_all_be_odd)
    )


def read_each_steps[I, T](
    endpoint: str,
    items: Iterable[I],
    read: Callable[[I, str], T],
    key_of: KeyOf,
    *,
    at: str = "$",
    may_all_be_odd: bool = False,
) -> Steps[Records[T]]:
    """Every item that `read` can read, and notes of the others; `at` is the list's place.

    Raises:
        BadPayload: there are items and none can be read; with `may_all_be_odd`, only if none
            shows an id either.
    """
    records: list[T] = []
    left_out: list[Unread] = []
    first: BadPayload | None = None
    for index, item in enumerate(items):
        try:
            records.append(read(item, f"{at}[{index}]"))
        except BadPayload as error:
            first = first or error
            left_out.append(unread(endpoint, item, error, key_of))
        if index % ITEMS_PER_STEP == ITEMS_PER_STEP - 1:
            yield
    is_known = may_all_be_odd and any(one.key is not None for one in left_out)
    if first is not None and not records and not is_known:
        raise first
    return Records(records, left_out)


def utc_moment(moment: datetime | None) -> datetime | None:
    """The moment in UTC, which one without a zone is taken to be in; None for .NET's "never".

    "Never" is the year 1, in any zone, and the year 9999.
    """
    if moment is None or not 1 < moment.year < 9999:
        return None
    return moment.astimezone(UTC) if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _bad_payload(endpoint: str, error: Exception, at: str, body: bytes) -> BadPayload:
    if not isinstance(error, msgspec.ValidationError):
        return BadPayload(endpoint, describe_non_json(body, error))
    text = str(error)
    place = _PLACE.search(text)
    message = (text[: place.start()] if place else text)[:_LONGEST_QUOTE]
    path = at + (place["path"].removeprefix("$") if place else "")
    return BadPayload(endpoint, f"unexpected answer: {message}", path=path)


def describe_non_json(body: bytes, error: Exception | None = None) -> str:
    """A short message: what a body is that should be JSON, and the remedy."""
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
