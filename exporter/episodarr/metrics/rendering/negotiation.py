"""Content negotiation: format and compression by Accept and Accept-Encoding (RFC 9110, 12.5)."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from episodarr.metrics.rendering.bodies import Bodies, Body

TEXT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
OPENMETRICS_TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8"

_OFFERED = (("application", "openmetrics-text", "1.0.0"), ("text", "plain", "0.0.4"))


@dataclass(frozen=True, slots=True)
class _Item:
    """One element of an Accept header."""

    name: str
    parameters: Mapping[str, str]
    quality: float
    rank: int
    """Place in the header."""


def choose_body(
    bodies: Bodies, accept: str | None, accept_encoding: str | None
) -> tuple[str, str | None, Body]:
    """The content type, the content coding or None, and the parts of the body.

    A client that accepts neither format gets the text format, for no client is helped by a 406.
    """
    is_openmetrics = _prefers_openmetrics(accept or "")
    content_type = OPENMETRICS_TYPE if is_openmetrics else TEXT_TYPE
    if _takes_gzip(accept_encoding or ""):
        return content_type, "gzip", bodies.gzip_openmetrics if is_openmetrics else bodies.gzip_text
    return content_type, None, bodies.openmetrics if is_openmetrics else bodies.text


def _prefers_openmetrics(accept: str) -> bool:
    items = _items(accept)
    openmetrics, text = (_best(items, *offer) for offer in _OFFERED)
    if openmetrics is None or openmetrics.quality == 0:
        return False
    if "*" in openmetrics.name:
        # A client that takes anything gets the text format, which every tool and person can read.
        return text is None or text.quality < openmetrics.quality
    if text is None:
        return True
    return (openmetrics.quality, -openmetrics.rank) > (text.quality, -text.rank)


def _best(items: list[_Item], kind: str, subtype: str, version: str) -> _Item | None:
    """The most specific element that covers this type; of equals, the one liked most."""
    candidates: list[tuple[int, float, int, _Item]] = []
    for item in items:
        asked = item.parameters.get("version")
        if item.name == f"{kind}/{subtype}" and asked in (None, version):
            specificity = 2 if asked is None else 3
        elif item.name in (f"{kind}/*", "*/*"):
            specificity = int(item.name != "*/*")
        else:
            continue
        candidates.append((specificity, item.quality, -item.rank, item))
    return max(candidates, key=lambda c: c[:3])[3] if candidates else None


def _takes_gzip(accept_encoding: str) -> bool:
    qualities = {item.name: item.quality for item in _items(accept_encoding)}
    gzip = qualities.get("gzip", qualities.get("x-gzip", qualities.get("*", 0.0)))
    return gzip > 0 and gzip >= qualities.get("identity", 0.0)


def _items(header: str) -> list[_Item]:
    items: list[_Item] = []
    for rank, element in enumerate(header.split(",")):
        name, *rest = (part.strip() for part in element.split(";"))
        if not name:
            continue
        parameters: dict[str, str] = {}
        for part in rest:
            key, _, value = part.partition("=")
            parameters[key.strip().lower()] = value.strip().strip('"').lower()
        items.append(_Item(name.lower(), parameters, _quality(parameters.get("q")), rank))
    return items


def _quality(written: str | None) -> float:
    if written is None:
        return 1.0
    try:
        quality = float(written)
    except ValueError:
        return 0.0
    return min(1.0, max(0.0, quality)) if math.isfinite(quality) else 0.0
