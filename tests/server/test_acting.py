import base64
import json
from collections.abc import AsyncIterator, MutableMapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from episodarr.server.contract import ServerOptions, WebhookResult
from tests.builders import a_series_key, a_series_view, a_snapshot, spy_x_family
from tests.server.published import SECRET, FakeActions, an_app, ask

JSON = {"Content-Type": "application/json"}
RIGHT = JSON | {"X-Episodarr-Secret": SECRET}
WEBHOOK = "/webhooks/sonarr/tv"
PAYLOAD = json.dumps({"eventType": "Test", "series": {"id": 1}}).encode()
POSTS = [WEBHOOK, "/api/v1/deletions", "/api/v1/deletions/d1/ack", "/api/v1/deletions/d1/recheck"]


def basic(password: str, user: str = "sonarr") -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


@pytest.mark.parametrize("path", POSTS)
def test_without_a_configured_secret_everything_is_off(path: str) -> None:
    actions = FakeActions()
    app = an_app(actions=actions, options=ServerOptions(secret=None))
    answer = ask(app, path, "POST", headers=RIGHT, content=PAYLOAD)
    assert answer.status_code == 403
    assert "EPISODARR_WEB__SECRET" in answer.json()["error"]
    assert actions.did_nothing


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Episodarr-Secret": "wrong"},
        {"X-Episodarr-Secret": ""},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "Bearer"},
        {"Authorization": f"Digest {SECRET}"},
        {"Authorization": "Basic not-base64!"},
        {"Authorization": "Basic /////w=="},
        basic("wrong"),
        basic("", user=SECRET),
    ],
)
def test_a_wrong_secret_acts_on_nothing(path: str, headers: dict[str, str]) -> None:
    actions = FakeActions()
    answer = ask(an_app(actions=actions), path, "POST", headers=JSON | headers, content=PAYLOAD)
    assert answer.status_code == 401
    assert SECRET not in answer.text
    assert actions.did_nothing


@pytest.mark.parametrize(
    "headers",
    [{"X-Episodarr-Secret": SECRET}, {"Authorization": f"bearer {SECRET}"}, basic(SECRET)],
)
@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_a_webhook_is_accepted_as_it_came(method: str, headers: dict[str, str]) -> None:
    actions = FakeActions()
    app = an_app(actions=actions)
    answer = ask(app, "/webhooks/sonarr/TV", method, headers=JSON | headers, content=PAYLOAD)
    assert answer.status_code == 202
    assert actions.webhooks == [("tv", PAYLOAD)]


def test_basic_is_for_webhooks_only_for_browsers_send_it_unasked() -> None:
    path = "/api/v1/deletions/d1/recheck"
    assert ask(an_app(), path, "POST", headers=basic(SECRET)).status_code == 401
    bearer = {"Authorization": f"Bearer {SECRET}"}
    assert ask(an_app(), path, "POST", headers=bearer).status_code == 202


@pytest.mark.parametrize(
    ("result", "status"),
    [(WebhookResult.UNKNOWN_SONARR, 404), (WebhookResult.MALFORMED, 400)],
)
def test_what_a_webhook_was_refused_for(result: WebhookResult, status: int) -> None:
    actions = FakeActions()
    actions.result = result
    answer = ask(an_app(actions=actions), WEBHOOK, "POST", headers=RIGHT, content=PAYLOAD)
    assert answer.status_code == status
    assert answer.json()["error"].endswith((".", "….")), answer.text


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"x"',
        b"\xff\xfe",
        b'{"a": }',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"a":1' + b"}" * 9,
    ],
)
def test_what_is_no_json_object_is_malformed(body: bytes) -> None:
    actions = FakeActions()
    answer = ask(an_app(actions=actions), WEBHOOK, "POST", headers=RIGHT, content=body)
    assert answer.status_code == 400
    assert actions.webhooks == []


@pytest.mark.parametrize("value", [b"[" * 100_000, b'{"a":' * 50_000 + b"1" + b"}" * 50_000])
@pytest.mark.parametrize("path", [WEBHOOK, "/api/v1/deletions"])
def test_nesting_without_end_is_malformed_and_no_error_of_ours(path: str, value: bytes) -> None:
    content = b'{"series":' + value + b"}"
    answer = ask(an_app(), path, "POST", headers=RIGHT, content=content)
    assert answer.status_code in {400, 413}


def test_other_content_types_are_not_taken() -> None:
    headers = RIGHT | {"Content-Type": "text/plain"}
    assert ask(an_app(), WEBHOOK, "POST", headers=headers, content=PAYLOAD).status_code == 415
    headers = RIGHT | {"Content-Type": "Application/JSON; charset=utf-8"}
    assert ask(an_app(), WEBHOOK, "POST", headers=headers, content=PAYLOAD).status_code == 202


SMALL = ServerOptions(secret=SECRET, body_limit_bytes=100)


def test_a_body_that_says_it_is_too_large_is_not_read() -> None:
    reads = 0

    async def chunks() -> AsyncIterator[bytes]:
        nonlocal reads
        reads += 1
        yield b"{}"

    headers = RIGHT | {"Content-Length": "101"}
    answer = ask(an_app(options=SMALL), WEBHOOK, "POST", headers=headers, content=chunks())
    assert answer.status_code == 413
    assert reads == 0


def test_a_chunked_body_is_cut_off_at_the_limit() -> None:
    sent = 0

    async def chunks() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(1000):
            sent += 1
            yield b" " * 60

    actions = FakeActions()
    app = an_app(actions=actions, options=SMALL)
    answer = ask(app, WEBHOOK, "POST", headers=RIGHT, content=chunks())
    assert answer.status_code == 413
    assert sent <= 3
    assert actions.webhooks == []


def test_a_body_of_exactly_the_limit_is_taken() -> None:
    body = b'{"eventType":"Test","x":"' + b"y" * 73 + b'"}'
    assert len(body) == 100
    app = an_app(options=SMALL)
    assert ask(app, WEBHOOK, "POST", headers=RIGHT, content=body).status_code == 202


async def test_a_body_that_breaks_off_is_not_taken() -> None:
    actions = FakeActions()
    app = an_app(actions=actions)
    headers = [(name.lower().encode(), value.encode()) for name, value in RIGHT.items()]
    scope = {
        "type": "http",
        "method": "POST",
        "path": WEBHOOK,
        "query_string": b"",
        "headers": headers,
    }
    received = [{"type": "http.request", "body": b'{"eventType":', "more_body": True}]
    sent: list[MutableMapping[str, Any]] = []

    async def receive() -> MutableMapping[str, Any]:
        return received.pop() if received else {"type": "http.disconnect"}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    await app(scope, receive, send)
    assert sent[0]["status"] == 400
    assert actions.did_nothing


def an_order(**fields: object) -> bytes:
    return json.dumps(fields).encode()


def test_a_deletion_is_announced_for_the_series_that_was_meant() -> None:
    actions = FakeActions()
    app = an_app(a_snapshot(spy_x_family()), actions=actions)
    path = "/api/v1/deletions"
    answer = ask(app, path, "POST", headers=RIGHT, content=an_order(series="spy"))
    assert answer.status_code == 202
    assert answer.json()["deletion_id"] == "d9"
    dry = ask(app, path, "POST", headers=RIGHT, content=an_order(series="405920", dry_run=True))
    assert dry.status_code == 200
    assert dry.json()["deletion_id"] is None
    assert actions.expected == [("tv:405920", False), ("tv:405920", True)]


@pytest.mark.parametrize(
    "order",
    [
        an_order(),
        an_order(series=5),
        an_order(series="spy", dry_run="yes"),
        an_order(series="spy", dryrun=True),
    ],
)
def test_an_odd_order_announces_nothing(order: bytes) -> None:
    actions = FakeActions()
    app = an_app(a_snapshot(spy_x_family()), actions=actions)
    answer = ask(app, "/api/v1/deletions", "POST", headers=RIGHT, content=order)
    assert answer.status_code == 400
    assert '"series"' in answer.json()["error"]
    assert actions.expected == []


def test_an_unknown_or_ambiguous_series_announces_nothing() -> None:
    actions = FakeActions()
    twin = a_series_view("SPY x FAMILY", key=a_series_key(sonarr="anime"))
    app = an_app(a_snapshot(spy_x_family(), twin), actions=actions)
    path = "/api/v1/deletions"
    answer = ask(app, path, "POST", headers=RIGHT, content=an_order(series="spy"))
    assert answer.status_code == 409
    assert answer.json()["suggestions"] == ["tv:405920  SPY x FAMILY", "anime:405920  SPY x FAMILY"]
    answer = ask(app, path, "POST", headers=RIGHT, content=an_order(series="charlotte"))
    assert answer.status_code == 404
    assert actions.expected == []


@pytest.mark.parametrize(("action", "result"), [("ack", "acknowledged"), ("recheck", "recheck")])
def test_deletions_are_acted_on(action: str, result: str) -> None:
    actions = FakeActions()
    app = an_app(actions=actions)
    done = ask(app, f"/api/v1/deletions/d1/{action}", "POST", headers=RIGHT)
    assert (done.status_code, done.json()) == (202, {"result": result, "id": "d1"})
    assert ask(app, f"/api/v1/deletions/d7/{action}", "POST", headers=RIGHT).status_code == 404
    assert actions.acknowledged + actions.rechecked == ["d1", "d7"]


@pytest.mark.parametrize("path", POSTS[1:])
def test_what_cannot_be_done_now_says_why(path: str) -> None:
    actions = FakeActions()
    actions.refusal = "The log cannot be written: the disk is full."
    app = an_app(a_snapshot(spy_x_family()), actions=actions)
    answer = ask(app, path, "POST", headers=RIGHT, content=an_order(series="spy"))
    assert answer.status_code == 409
    assert answer.json() == {"error": actions.refusal}


@given(
    st.binary(max_size=60), st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=30)
)
def test_no_body_and_no_credentials_break_the_server(body: bytes, credentials: str) -> None:
    app = an_app()
    headers = JSON | {"Authorization": credentials}
    assert ask(app, WEBHOOK, "POST", headers=headers, content=body).status_code == 401
    assert ask(app, WEBHOOK, "POST", headers=RIGHT, content=body).status_code in {202, 400}
