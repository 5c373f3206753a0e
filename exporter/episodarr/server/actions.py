"""Everything that is not a GET: Sonarr's webhooks, and what people may ask for. Needs the secret."""

from collections.abc import Awaitable, Callable
from typing import Literal

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from episodarr.model.deletion import DeletionId
from episodarr.model.view import Snapshot
from episodarr.server.access import SECRET_HEADER, Verdict, may_act
from episodarr.server.answers import NO_DELETION
from episodarr.server.contract import (
    ActionRefusedError,
    Actions,
    DeletionOrder,
    Published,
    ServerOptions,
    WebhookResult,
)
from episodarr.server.replies import json_reply, refusal
from episodarr.views.documents import series_id
from episodarr.views.find import Found, Named, find_series
from episodarr.views.shapes import DeletionActionDocument, ErrorDocument, WebhookDocument

NOT_JSON = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""A body that cannot be read, for whatever reason; thousands of nested brackets are one."""


_OFF = (
    "This is off, because no secret is configured: set EPISODARR_WEB__SECRET "
    f"(or EPISODARR_WEB__SECRET_FILE), and send it as {SECRET_HEADER}."
)
_WRONG = f"The secret is missing or wrong: send it as {SECRET_HEADER}, or as a bearer token."
_WRONG_WEBHOOK = (
    "The secret is missing or wrong: set it as the webhook's password in Sonarr, "
    f"or as its header {SECRET_HEADER}."
)


class BodyTooLargeError(Exception):
    """The body is larger than the limit."""


class ActionRoutes:
    """The endpoints, bound to what they act on."""

    def __init__(self, published: Published, actions: Actions, options: ServerOptions) -> None:
        self._published = published
        self._actions = actions
        self._options = options

    async def sonarr_webhook(self, request: Request) -> Response:
        """POST or PUT /webhooks/sonarr/{name}: 202 at once, for Sonarr waits."""
        payload = await self._json_body(request, takes_basic=True)
        if isinstance(payload, Response):
            return payload
        name: str = request.path_params["name"]
        match await self._actions.sonarr_webhook(name.lower(), payload):
            case WebhookResult.ACCEPTED:
                return json_reply(WebhookDocument(result="accepted"), status=202)
            case WebhookResult.UNKNOWN_SONARR:
                return refusal(
                    404, "No Sonarr of this name is configured; see EPISODARR_SONARR__…."
                )
            case WebhookResult.MALFORMED:
                return refusal(400, "That is not a webhook of Sonarr: it has no eventType.")

    async def expect_deletion(self, request: Request) -> Response:
        """POST /api/v1/deletions: 202 with the fresh inventory; 200 for a dry run."""
        body = await self._json_body(request, takes_basic=False)
        if isinstance(body, Response):
            return body
        try:
            order = msgspec.json.decode(body, type=DeletionOrder)
        except NOT_JSON as error:
            return refusal(
                400, f'The body has to be like {{"series": "tv:267440", "dry_run": true}}: {error}.'
            )
        match find_series(order.series, named(self._published.snapshot)):
            case Found(series):
                wanted = series.id
            case not_found:
                status = 409 if not_found.is_ambiguous else 404
                suggestions = [s.id + "  " + s.title for s in not_found.suggestions]
                refused = ErrorDocument(error=not_found.sentence, suggestions=suggestions)
                return json_reply(refused, status=status)
        try:
            document = await self._actions.expect_deletion(wanted, order.dry_run)
        except ActionRefusedError as error:
            return refusal(409, str(error))
        return json_reply(document, status=200 if order.dry_run else 202)

    async def acknowledge(self, request: Request) -> Response:
        """POST /api/v1/deletions/{id}/ack."""
        return await self._on_deletion(request, self._actions.acknowledge, "acknowledged")

    async def recheck(self, request: Request) -> Response:
        """POST /api/v1/deletions/{id}/recheck."""
        return await self._on_deletion(request, self._actions.recheck, "recheck")

    async def _on_deletion(
        self,
        request: Request,
        act: Callable[[DeletionId], Awaitable[bool]],
        result: Literal["acknowledged", "recheck"],
    ) -> Response:
        refused = self._refused(request, takes_basic=False)
        if refused is not None:
            return refused
        deletion_id = DeletionId(request.path_params["id"])
        try:
            is_known = await act(deletion_id)
        except ActionRefusedError as error:
            return refusal(409, str(error))
        if not is_known:
            return refusal(404, NO_DELETION)
        return json_reply(DeletionActionDocument(result=result, id=deletion_id), status=202)

    async def _json_body(self, request: Request, *, takes_basic: bool) -> bytes | Response:
        """The body, if the request may act and sent a JSON object within the limit."""
        refused = self._refused(request, takes_basic=takes_basic)
        if refused is not None:
            return refused
        content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if content_type != "application/json":
            return refusal(415, "The body has to be JSON, with Content-Type: application/json.")
        try:
            body = await bounded_body(request, self._options.body_limit_bytes)
        except BodyTooLargeError:
            limit = self._options.body_limit_bytes
            # What is still coming would be taken for the next request on this connection.
            return refusal(413, f"The body is larger than {limit} bytes.", {"Connection": "close"})
        except ClientDisconnect:
            return refusal(400, "The body ended before it was complete.")
        try:
            msgspec.json.decode(body, type=dict[str, msgspec.Raw])
        except NOT_JSON:
            return refusal(400, "The body is not a JSON object.")
        return body

    def _refused(self, request: Request, *, takes_basic: bool) -> Response | None:
        match may_act(request.headers, self._options, takes_basic=takes_basic):
            case Verdict.GRANTED:
                return None
            case Verdict.OFF:
                return refusal(403, _OFF)
            case Verdict.WRONG if takes_basic:
                challenge = {"WWW-Authenticate": 'Basic realm="episodarr webhooks"'}
                return refusal(401, _WRONG_WEBHOOK, challenge)
            case Verdict.WRONG:
                return refusal(401, _WRONG, {"WWW-Authenticate": 'Bearer realm="episodarr"'})


async def bounded_body(request: Request, limit_bytes: int) -> bytes:
    """The whole body; chunked ones are counted as they come, so nothing large is ever held.

    Raises:
        BodyTooLargeError: it, or its Content-Length, is larger than the limit.
    """
    announced = request.headers.get("content-length", "")
    if announced.isascii() and announced.isdigit() and int(announced[:20]) > limit_bytes:
        raise BodyTooLargeError
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit_bytes:
            raise BodyTooLargeError
    return bytes(body)


def named(snapshot: Snapshot) -> list[Named]:
    """Every series, with all that people name it by."""
    return [
        Named(
            id=series_id(view.key),
            title=view.title,
            title_slug=view.title_slug,
            tvdb_id=view.key.tvdb_id,
            year=view.year,
        )
        for view in snapshot.series_by_key.values()
    ]
