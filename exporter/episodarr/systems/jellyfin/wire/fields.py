"""What the payloads of all endpoints share: spelling of fields, and ids."""

import re

import msgspec

from episodarr.errors import BadPayload
from episodarr.systems.jellyfin.records import JellyfinId

_HEX_ID = re.compile(r"[0-9a-f]{32}")


class Wire(msgspec.Struct, rename="pascal", frozen=True):
    """What all payloads share: PascalCase, nulls omitted, further fields ignored."""


def normal_id(text: str) -> JellyfinId | None:
    """A GUID, with or without dashes, in this program's form; None if it is no GUID."""
    plain = text.replace("-", "").lower()
    return JellyfinId(plain) if _HEX_ID.fullmatch(plain) else None


def id_of(endpoint: str, text: str, at: str) -> JellyfinId:
    """The id of an item.

    Raises:
        BadPayload: the text is no GUID.
    """
    found = normal_id(text)
    if found is None:
        raise BadPayload(endpoint, "an id that is no GUID", path=at)
    return found


def optional_id(endpoint: str, text: str | None, at: str) -> JellyfinId | None:
    """As `id_of`; None where the field is missing or empty."""
    return id_of(endpoint, text, at) if text else None
