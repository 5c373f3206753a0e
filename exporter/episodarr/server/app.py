"""Every route of the program in one table (DESIGN.md section 8)."""

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from episodarr.server.actions import ActionRoutes
from episodarr.server.answers import Answers
from episodarr.server.contract import Actions, Clock, Published, ServerOptions
from episodarr.server.guard import Guard
from episodarr.server.openapi import openapi_document
from episodarr.server.page import Page
from episodarr.server.prepared import PreparedResponse
from episodarr.server.replies import JSON, encoded, on_bug, on_http_exception, packed
from episodarr.views.text import escaped


def build_app(
    published: Published, actions: Actions, options: ServerOptions, *, clock: Clock
) -> Starlette:
    """The web application; its only state is the last rendered page."""
    page = Page(published, options, clock)
    answers = Answers(published)
    acting = ActionRoutes(published, actions, options)
    probes = Probes(published)

    async def deletions(request: Request) -> Response:
        if request.method == "POST":
            return await acting.expect_deletion(request)
        return await run_in_threadpool(answers.deletions, request)

    described = encoded(openapi_document(options.version))

    async def openapi(request: Request) -> Response:
        return packed(request, described, JSON)

    deletion = "/api/v1/deletions/{id}"
    return Starlette(
        routes=[
            Route("/", page.show),
            Route("/static/{name}", page.static_file),
            Route("/metrics", probes.metrics),
            Route("/-/healthy", probes.healthy),
            Route("/-/ready", probes.ready),
            Route("/api/openapi.json", openapi),
            Route("/api/v1/series", answers.series_list),
            Route("/api/v1/series/{id}", answers.one_series),
            Route("/api/v1/requests", answers.requests),
            Route("/api/v1/summary", answers.summary),
            Route("/api/v1/downloads/{id}/match", answers.match_question),
            Route("/api/v1/deletions", deletions, methods=["GET", "POST"]),
            Route(deletion, answers.one_deletion),
            Route(deletion + "/ack", acting.acknowledge, methods=["POST"]),
            Route(deletion + "/recheck", acting.recheck, methods=["POST"]),
            Route("/webhooks/sonarr/{name}", acting.sonarr_webhook, methods=["POST", "PUT"]),
        ],
        middleware=[Middleware(Guard, options=options)],
        exception_handlers={HTTPException: on_http_exception, Exception: on_bug},
    )


class Probes:
    """What machines ask: the metrics, and whether the program is alive and ready."""

    def __init__(self, published: Published) -> None:
        self._published = published

    async def metrics(self, request: Request) -> Response:
        """GET /metrics: prepared bytes."""
        content_type, encoding, body = self._published.metrics_response(
            request.headers.get("accept", ""), request.headers.get("accept-encoding", "")
        )
        headers = {"Content-Type": content_type, "Vary": "Accept, Accept-Encoding"}
        if encoding is not None:
            headers["Content-Encoding"] = encoding
        return PreparedResponse(body, headers)

    async def healthy(self, _: Request) -> Response:
        """GET /-/healthy: 200 as long as requests are answered, with what is wrong nonetheless."""
        lines = ("Episodarr is healthy.", *map(escaped, self._published.health_lines))
        return PlainTextResponse("\n".join(lines) + "\n")

    async def ready(self, _: Request) -> Response:
        """GET /-/ready: 503 until the first good cycle."""
        if self._published.is_ready:
            return PlainTextResponse("Episodarr is ready.\n")
        text = "Episodarr is not ready: no cycle has read everything yet.\n"
        return PlainTextResponse(text, 503, {"Retry-After": "5"})
