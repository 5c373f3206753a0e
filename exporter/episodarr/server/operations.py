"""The routes of the web server as its OpenAPI document describes them, a row each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

from episodarr.server.contract import DeletionOrder
from episodarr.server.replies import JSON
from episodarr.views.deletion_documents import (
    DeletionListDocument,
    ExpectedDeletionDocument,
    OneDeletionDocument,
)
from episodarr.views.matching import MatchQuestionDocument, SummaryDocument
from episodarr.views.shapes import (
    DeletionActionDocument,
    OneSeriesDocument,
    RequestListDocument,
    SeriesListDocument,
    UnderWayDocument,
    WebhookDocument,
)

type Json = dict[str, Any]
TEXT = "text/plain"
HTML = "text/html"
OPENMETRICS = "application/openmetrics-text"

_WEBHOOK_BODY: Json = {
    "type": "object",
    "description": "A webhook as Sonarr sends it; events that are not known are accepted too.",
    "properties": {"eventType": {"type": "string", "minLength": 1}},
    "required": ["eventType"],
}


class Access(Enum):
    """What a request has to carry."""

    OPEN = auto()
    READ = auto()
    """User name and password, where they are configured."""
    ACT = auto()
    WEBHOOK = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One method of one route."""

    summary: str
    answers: Mapping[int, Sequence[type | str]]
    """By status: each is a document, or the media type of what is none."""
    access: Access
    refusals: Sequence[int] = ()
    """Besides those of the access."""
    query: Mapping[str, str] = field(default_factory=dict)
    """What each parameter of the query does."""
    body: type | Json | None = None


_RECORD_WEBHOOK = Operation(
    summary="Take note of a webhook of the Sonarr with this name.",
    answers={202: [WebhookDocument]},
    access=Access.WEBHOOK,
    refusals=(400, 404, 413, 415),
    body=_WEBHOOK_BODY,
)

OPERATIONS: Mapping[str, Mapping[str, Operation]] = {
    "/": {
        "get": Operation(
            summary="The status page.",
            answers={200: [HTML], 304: []},
            access=Access.READ,
            query={
                "q": "Shows the series of the library whose titles have this in them.",
                "stage": "Shows the series of the library with this stage.",
                "page": "The page of the library.",
                "series": "The id of a series to be shown whole.",
                "fragment": "If it is there, only the part that changes is answered.",
            },
        )
    },
    "/metrics": {
        "get": Operation(
            summary="The metrics, in the format that is asked for.",
            answers={200: [TEXT, OPENMETRICS]},
            access=Access.READ,
        )
    },
    "/-/healthy": {
        "get": Operation(
            summary="Whether requests are answered, and what is wrong nonetheless.",
            answers={200: [TEXT]},
            access=Access.OPEN,
        )
    },
    "/-/ready": {
        "get": Operation(
            summary="Whether there was a good cycle.",
            answers={200: [TEXT], 503: [TEXT]},
            access=Access.OPEN,
        )
    },
    "/api/openapi.json": {
        "get": Operation(summary="This document.", answers={200: [JSON]}, access=Access.READ)
    },
    "/api/v1/series": {
        "get": Operation(
            summary="All series; or those that are under way, each with its episodes.",
            answers={200: [SeriesListDocument, UnderWayDocument]},
            access=Access.READ,
            query={"under_way": "1: only the series that are under way, each with its episodes."},
        )
    },
    "/api/v1/series/{id}": {
        "get": Operation(
            summary="One series with its episodes, requests and downloads.",
            answers={200: [OneSeriesDocument]},
            access=Access.READ,
            refusals=(404,),
        )
    },
    "/api/v1/requests": {
        "get": Operation(
            summary="All requests, unfinished ones first.",
            answers={200: [RequestListDocument]},
            access=Access.READ,
        )
    },
    "/api/v1/summary": {
        "get": Operation(
            summary="The library in a few numbers, for widgets.",
            answers={200: [SummaryDocument]},
            access=Access.READ,
        )
    },
    "/api/v1/downloads/{id}/match": {
        "get": Operation(
            summary="What the matcher is asked about a torrent: a line of `episodarr match`.",
            answers={200: [MatchQuestionDocument]},
            access=Access.READ,
            refusals=(404, 409, 503),
        )
    },
    "/api/v1/deletions": {
        "get": Operation(
            summary="All deletions, those that went wrong first.",
            answers={200: [DeletionListDocument]},
            access=Access.READ,
            refusals=(503,),
        ),
        "post": Operation(
            summary="Announce a deletion and take a fresh inventory; a dry run (200) only the latter.",
            answers={200: [ExpectedDeletionDocument], 202: [ExpectedDeletionDocument]},
            access=Access.ACT,
            refusals=(400, 404, 409, 413, 415),
            body=DeletionOrder,
        ),
    },
    "/api/v1/deletions/{id}": {
        "get": Operation(
            summary="One deletion with the evidence of every episode.",
            answers={200: [OneDeletionDocument]},
            access=Access.READ,
            refusals=(404, 503),
        )
    },
    "/api/v1/deletions/{id}/ack": {
        "post": Operation(
            summary="Mark how a deletion ended as seen.",
            answers={202: [DeletionActionDocument]},
            access=Access.ACT,
            refusals=(404, 409),
        )
    },
    "/api/v1/deletions/{id}/recheck": {
        "post": Operation(
            summary="Have every system checked again now.",
            answers={202: [DeletionActionDocument]},
            access=Access.ACT,
            refusals=(404, 409),
        )
    },
    "/webhooks/sonarr/{name}": {"post": _RECORD_WEBHOOK, "put": _RECORD_WEBHOOK},
}
