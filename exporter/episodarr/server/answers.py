"""The GET half of the API. A series is encoded when it changed, a list is joined from what is there.

The endpoints are plain functions but for one, so they run in a worker thread and never hold up the event loop.
"""

import msgspec
from msgspec.structs import asdict
from starlette.requests import Request
from starlette.responses import Response

from episodarr.model.ids import SeriesKey
from episodarr.model.memo import MemoByKey
from episodarr.model.view import Snapshot
from episodarr.server.contract import Published
from episodarr.server.replies import JSON, encoded, json_reply, packed, refusal
from episodarr.views.deletion_documents import (
    OneDeletionDocument,
    deletion_document,
    deletion_list_document,
)
from episodarr.views.documents import (
    downloads_by_series,
    is_under_way,
    request_list_document,
    requests_by_series,
    series_by_id,
    series_document,
    series_list_head,
    series_summary,
    snapshot_head,
)
from episodarr.views.matching import (
    FoundQuestion,
    WhyNone,
    match_question_document,
    summary_document,
)
from episodarr.views.shapes import ErrorDocument, ListedSeries, OneSeriesDocument
from episodarr.views.text import plain

_NO_SERIES = "There is no such series; its id is the Sonarr's name and the TVDB number, tv:267440."
_STATUS = {
    WhyNone.UNKNOWN: 404,
    WhyNone.NOT_WANTED: 404,
    WhyNone.SEVERAL: 409,
    WhyNone.NO_FILES: 409,
    WhyNone.NOT_ANSWERED: 503,
}
SUGGESTED_LIMIT = 20
NO_DELETION = (
    "There is no deletion with this id; “episodarr deletions” and /api/v1/deletions list them."
)


class Answers:
    """The endpoints, bound to the published state."""

    def __init__(self, published: Published) -> None:
        self._published = published
        self._summaries: MemoByKey[SeriesKey, msgspec.Raw] = MemoByKey()
        self._whole: MemoByKey[SeriesKey, msgspec.Raw] = MemoByKey()

    def series_list(self, request: Request) -> Response:
        """GET /api/v1/series; with `under_way=1` only those, but whole."""
        snapshot = self._published.snapshot
        is_filtered = request.query_params.get("under_way", "") not in {"", "0", "false"}
        series = self._all_under_way(snapshot) if is_filtered else self._all_summaries(snapshot)
        return _reply(request, ListedSeries(**asdict(series_list_head(snapshot)), series=series))

    def one_series(self, request: Request) -> Response:
        """GET /api/v1/series/{sonarr}:{tvdb_id}."""
        snapshot = self._published.snapshot
        view = series_by_id(snapshot, request.path_params["id"])
        if view is None:
            return refusal(404, _NO_SERIES)
        requests = requests_by_series(snapshot.requests).get(view.key, ())
        downloads = downloads_by_series(snapshot.downloads).get(view.key, ())
        document = series_document(view, requests, downloads)
        return _reply(
            request, OneSeriesDocument(**asdict(snapshot_head(snapshot)), series=document)
        )

    def requests(self, request: Request) -> Response:
        """GET /api/v1/requests."""
        return _reply(request, request_list_document(self._published.snapshot))

    def summary(self, request: Request) -> Response:
        """GET /api/v1/summary."""
        return _reply(request, summary_document(self._published.snapshot))

    async def match_question(self, request: Request) -> Response:
        """GET /api/v1/downloads/{id}/match; a client may be requested for the list of files."""
        found = await self._published.match_question(request.path_params["id"])
        if isinstance(found, FoundQuestion):
            return _reply(request, match_question_document(found.download_id, found.question))
        names = [f"{one}  {plain(name)}" for one, name in found.downloads.items()]
        refused = ErrorDocument(error=found.sentence, suggestions=names[:SUGGESTED_LIMIT])
        return json_reply(refused, status=_STATUS[found.why])

    def deletions(self, request: Request) -> Response:
        """GET /api/v1/deletions."""
        snapshot = self._published.snapshot
        if snapshot.deletions_unknown is not None:
            return unknown_deletions(snapshot.deletions_unknown)
        return _reply(request, deletion_list_document(snapshot))

    def one_deletion(self, request: Request) -> Response:
        """GET /api/v1/deletions/{id}."""
        snapshot = self._published.snapshot
        if snapshot.deletions_unknown is not None:
            return unknown_deletions(snapshot.deletions_unknown)
        wanted: str = request.path_params["id"]
        for view in snapshot.deletions:
            if view.deletion_id == wanted:
                head = asdict(snapshot_head(snapshot))
                document = OneDeletionDocument(**head, deletion=deletion_document(view))
                return _reply(request, document)
        return refusal(404, NO_DELETION)

    def _all_summaries(self, snapshot: Snapshot) -> list[msgspec.Raw]:
        """One encoded summary a series; a view that is the same object is not encoded again."""
        requests = requests_by_series(snapshot.requests)
        found = []
        for key, view in snapshot.series_by_key.items():
            own = requests.get(key, ())
            inputs = (view, is_under_way(view, own))
            raw = self._summaries.get(key, inputs)
            if raw is None:
                raw = msgspec.Raw(encoded(series_summary(view, own)))
                self._summaries.put(key, inputs, raw)
            found.append(raw)
        self._summaries.keep_only(snapshot.series_by_key.keys())
        return found

    def _all_under_way(self, snapshot: Snapshot) -> list[msgspec.Raw]:
        """The same for whole series, with what is requested and downloaded of them."""
        requests = requests_by_series(snapshot.requests)
        downloads = downloads_by_series(snapshot.downloads)
        found: dict[SeriesKey, msgspec.Raw] = {}
        for key, view in snapshot.series_by_key.items():
            own, theirs = requests.get(key, ()), downloads.get(key, ())
            if not is_under_way(view, own):
                continue
            inputs = (view, *own, *theirs)
            raw = self._whole.get(key, inputs)
            if raw is None:
                raw = msgspec.Raw(encoded(series_document(view, own, theirs)))
                self._whole.put(key, inputs, raw)
            found[key] = raw
        self._whole.keep_only(found.keys())
        return list(found.values())


def unknown_deletions(why: str) -> Response:
    """The answer while the deletion log cannot be read: neither a list nor that there is none."""
    sentence = f"Deletions are unknown, for their log cannot be read: {plain(why)}. It is read again until it can be."
    return refusal(503, sentence, {"Retry-After": "10"})


def _reply(request: Request, document: object) -> Response:
    return packed(request, encoded(document), JSON)
