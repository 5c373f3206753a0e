"""What `/api/openapi.json` says is what the program answers, errors included."""

import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Any, override

import httpx
import pytest
import schemathesis
from hypothesis import settings
from schemathesis import Case, HookContext
from schemathesis.openapi.checks import JsonSchemaError
from starlette.applications import Starlette
from starlette.routing import Route

from episodarr.errors import BadPayload
from episodarr.server.contract import ServerOptions, WebhookResult
from episodarr.server.operations import OPERATIONS
from episodarr.systems.sonarr.webhook import parse_webhook
from episodarr.views.matching import NoQuestion, WhyNone
from tests.metrics.scene import everything
from tests.replacing import replace
from tests.server.published import SECRET, FakeActions, FakePublishedState, an_app, ask

WEBHOOK = json.dumps({"eventType": "Test", "series": {"id": 1}}).encode()
RIGHT = {"X-Episodarr-Secret": SECRET, "Content-Type": "application/json"}


class SimulatedActions(FakeActions):
    """Knows one Sonarr and reads webhooks as the program does."""

    @override
    async def sonarr_webhook(self, name: str, payload: bytes) -> WebhookResult:
        if name != "tv":
            return WebhookResult.UNKNOWN_SONARR
        try:
            parse_webhook(payload)
        except BadPayload:
            return WebhookResult.MALFORMED
        return WebhookResult.ACCEPTED


APP = an_app(everything(), actions=SimulatedActions())
SCHEMA = schemathesis.openapi.from_asgi("/api/openapi.json", APP)
IDS = {
    "/api/v1/series/{id}": "tv:405920",
    "/api/v1/downloads/{id}/match": "AA",
    "/webhooks/sonarr/{name}": "TV",
}
"""What leads somewhere; of other addresses it is a deletion."""
BODIES = {"/api/v1/deletions": b'{"series": "tv:405920"}', "/webhooks/sonarr/{name}": WEBHOOK}


def known_id(path: str) -> str:
    acting = path.endswith(("/ack", "/recheck"))
    return IDS.get(path, "d1" if acting else "d7f3")


@SCHEMA.hook
def map_path_parameters(
    context: HookContext, path_parameters: dict[str, str] | None
) -> dict[str, str] | None:
    """About half of the addresses are of something."""
    if context.operation is None or path_parameters is None:
        return path_parameters
    known = known_id(context.operation.path)
    return {k: known if len(value) % 2 else value for k, value in path_parameters.items()}


def test_the_document_is_openapi() -> None:
    SCHEMA.validate()


def test_every_route_is_in_the_document() -> None:
    served: dict[str, set[str]] = {}
    for route in APP.routes:
        assert isinstance(route, Route)
        served[route.path] = {m.lower() for m in route.methods or ()} - {"head"}
    del served["/static/{name}"]
    assert served == {path: set(methods) for path, methods in OPERATIONS.items()}


@SCHEMA.parametrize()
@settings(max_examples=12, deadline=None, derandomize=True, database=None)
def test_whatever_is_asked_the_answer_is_as_described(case: Case[Any]) -> None:
    case.call_and_validate(headers={"X-Episodarr-Secret": SECRET})


def states(path: str, method: str) -> Iterator[httpx.Response]:
    """The answers of one operation in every state of the program, to right and wrong requests."""
    refusing, starting, blind = SimulatedActions(), FakePublishedState(everything()), everything()
    refusing.refusal = "The log cannot be written: the disk is full."
    starting.is_ready = False
    blind = replace(blind, deletions_unknown="the disk is broken")
    silent = FakePublishedState(everything())
    silent.no_question = NoQuestion(why=WhyNone.NOT_ANSWERED, sentence="qBittorrent is silent.")
    body = BODIES.get(path, b"") if method != "get" else b""

    def answer(
        app: Starlette,
        headers: Mapping[str, str] = MappingProxyType({}),
        *,
        name: str = known_id(path),
        content: bytes = body,
    ) -> httpx.Response:
        address = path.replace("{id}", name).replace("{name}", name)
        return ask(app, address, method.upper(), headers={**RIGHT, **headers}, content=content)

    yield (fine := answer(APP))
    yield answer(APP, {"If-None-Match": fine.headers.get("etag", "none")})
    yield answer(APP, {"X-Episodarr-Secret": "wrong"})
    yield answer(APP, {"Host": "evil.example"})
    yield answer(APP, {"Content-Type": "text/plain"})
    yield answer(APP, name="nothing")
    yield answer(APP, name="show")
    yield answer(APP, content=b"[")
    yield answer(APP, content=b'{"series": "tv:405920", "dry_run": true}')
    yield answer(APP, content=b'{"series": "no such series"}')
    yield answer(an_app(everything(), actions=refusing))
    yield answer(an_app(published=starting))
    yield answer(an_app(published=silent))
    yield answer(an_app(blind))
    yield answer(an_app(options=ServerOptions()))
    yield answer(an_app(options=ServerOptions(username="reader", password="made-up")))
    yield answer(an_app(options=ServerOptions(secret=SECRET, body_limit_bytes=1)))


@pytest.mark.parametrize(
    ("path", "method"), [(path, method) for path, ways in OPERATIONS.items() for method in ways]
)
def test_every_answer_that_is_described_is_given_and_no_other(path: str, method: str) -> None:
    operation = SCHEMA[path][method]
    described = operation.definition.raw["responses"]
    answers = list(states(path, method))
    for answer in answers:
        media_type = answer.headers.get("content-type", "").partition(";")[0]
        assert media_type in described[str(answer.status_code)].get("content", {"": None})
        operation.validate_response(answer)
    assert {str(answer.status_code) for answer in answers} == set(described)


def test_an_answer_with_a_field_amiss_is_noticed() -> None:
    """The schemas are no empty ones: what is not as described is refused."""
    answer = ask(APP, "/api/v1/series/tv:405920")
    for field in ("title", "seasons", "available_ratio"):
        document = answer.json()
        del document["series"][field]
        odd = httpx.Response(200, json=document, request=answer.request)
        odd.elapsed = timedelta()
        with pytest.raises(JsonSchemaError):
            SCHEMA["/api/v1/series/{id}"]["get"].validate_response(odd)
