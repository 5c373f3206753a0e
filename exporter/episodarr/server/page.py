"""The status page: drawn here, usable as it is, and patched in place by static/app.js."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from importlib.resources import files
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import Response

from episodarr.model.stage import Stage
from episodarr.model.view import Snapshot
from episodarr.server.contract import Clock, Published, ServerOptions
from episodarr.server.replies import is_unchanged, packed, refusal, weak_etag
from episodarr.views.documents import rfc3339
from episodarr.views.library import UNREAD, PageQuery
from episodarr.views.overview import overview
from episodarr.views.text import counted, percent, plain
from episodarr.views.words import shown_system

SNAPSHOT_HEADER = "X-Episodarr-Snapshot-At"
"""A header of 304 answers too: the page is unchanged, but current as of this later moment."""

_HTML = "text/html; charset=utf-8"
_QUERY_LIMIT_CHARACTERS = 120
_KEPT_FRAGMENTS = 64
_REDRAW_AFTER = timedelta(seconds=20)
"""Longest time between renderings: ages on the page change without a new snapshot."""

_MEDIA_TYPES = {
    "app.js": "text/javascript; charset=utf-8",
    "style.css": "text/css; charset=utf-8",
    "icon.svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True)
class _Fragment:
    """A rendering, and what it was drawn from."""

    snapshot: Snapshot
    troubles: tuple[str, ...]
    at: datetime
    body: bytes

    def shows(self, snapshot: Snapshot, troubles: tuple[str, ...], now: datetime) -> bool:
        """Whether drawing it anew would show the same, but for ages of a few seconds."""
        is_recent = now - self.at < _REDRAW_AFTER
        return is_recent and self.snapshot is snapshot and self.troubles == troubles


class Page:
    """`/` and the three files it needs."""

    def __init__(self, published: Published, options: ServerOptions, clock: Clock) -> None:
        self._published = published
        self._options = options
        self._clock = clock
        self._static = {
            name: files("episodarr.server").joinpath("static", name).read_bytes()
            for name in _MEDIA_TYPES
        }
        self._environment = _environment(self._static)
        self._fragments: dict[PageQuery, _Fragment] = {}

    def show(self, request: Request) -> Response:
        """GET /; with `fragment=1` only the part that changes, with an ETag."""
        snapshot = self._published.snapshot
        fragment = self._fragment(snapshot, _page_query(request))
        is_fragment = "fragment" in request.query_params
        body = fragment if is_fragment else self._whole(fragment, snapshot)
        etag = weak_etag(body)
        headers = {
            "ETag": etag,
            "Vary": "Accept-Encoding",
            "Cache-Control": "no-cache",
            SNAPSHOT_HEADER: rfc3339(snapshot.at),
        }
        if is_unchanged(request, etag):
            return Response(status_code=304, headers=headers)
        response = packed(request, body, _HTML)
        response.headers.update(headers)
        return response

    def static_file(self, request: Request) -> Response:
        """GET /static/{name}: three files, by name only."""
        name: str = request.path_params["name"]
        if name not in self._static:
            return refusal(404, "There is no such file.")
        body = self._static[name]
        etag = weak_etag(body)
        if is_unchanged(request, etag):
            return Response(status_code=304, headers={"ETag": etag})
        response = packed(request, body, _MEDIA_TYPES[name])
        # The page asks for ?v=<hash of the content>, so a year is safe.
        age_seconds = 31_536_000 if "v" in request.query_params else 300
        response.headers["Cache-Control"] = f"public, max-age={age_seconds}"
        response.headers["ETag"] = etag
        return response

    def _fragment(self, snapshot: Snapshot, asked: PageQuery) -> bytes:
        """Rendered once per snapshot, trouble and variant, for however many browsers."""
        now = self._clock()
        troubles = tuple(self._published.health_lines)
        kept = self._fragments.get(asked)
        if kept is not None and kept.shows(snapshot, troubles, now):
            return kept.body
        drawn = self._environment.get_template("status.html").render(
            overview=overview(snapshot, asked, now),
            troubles=troubles,
            dashboard_url=self._options.dashboard_url,
        )
        body = drawn.encode("utf-8", errors="replace")
        fragments = dict(self._fragments)
        fragments.pop(asked, None)
        while len(fragments) >= _KEPT_FRAGMENTS:
            fragments.pop(next(iter(fragments)))
        self._fragments = fragments | {asked: _Fragment(snapshot, troubles, now, body)}
        return body

    def _whole(self, fragment: bytes, snapshot: Snapshot) -> bytes:
        drawn = self._environment.get_template("page.html").render(
            fragment=fragment.decode(),
            at=rfc3339(snapshot.at),
            version=self._options.version,
        )
        return drawn.encode("utf-8", errors="replace")


def _page_query(request: Request) -> PageQuery:
    """What the visitor asked for; anything odd in the address is as if it was not there."""
    query = request.query_params
    stage = query.get("stage", "")
    page = query.get("page", "1")
    return PageQuery(
        search=query.get("q", "").strip()[:_QUERY_LIMIT_CHARACTERS],
        stage=stage if stage in _STAGES else "",
        page=int(page) if page.isascii() and page.isdigit() and len(page) < 7 else 1,
        opened=query.get("series", "")[:_QUERY_LIMIT_CHARACTERS],
    )


_STAGES = frozenset({UNREAD, *(stage.label for stage in Stage)})


def _environment(static: dict[str, bytes]) -> Environment:
    environment = Environment(
        loader=PackageLoader("episodarr.server", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["percent"] = percent
    environment.filters["counted"] = counted
    environment.filters["anchor"] = anchor
    environment.filters["urlencode"] = in_address
    environment.filters["plain"] = plain
    environment.filters["system"] = shown_system
    environment.filters["glyph"] = glyph
    environment.globals["fingerprint"] = {
        name: blake2b(body, digest_size=6).hexdigest() for name, body in static.items()
    }
    return environment


def in_address(text: str) -> str:
    """The text as part of an address; jinja's own cannot take what is no text."""
    return quote(text, safe="", errors="replace")


def anchor(key: str) -> str:
    """A name that is safe as the id of an element."""
    return "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in key)


def glyph(mark: str) -> str:
    """The mark as the page draws it: the hourglass is a color picture or missing in many fonts."""
    return "\u25f7" if mark == "\u23f3" else mark
