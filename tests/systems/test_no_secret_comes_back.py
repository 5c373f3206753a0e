"""What a server repeats of a request in its error text holds no secret: the page shows that text."""

from collections.abc import Mapping
from urllib.parse import quote, unquote

import httpx
import pytest

from episodarr.errors import UpstreamError
from episodarr.systems.guard import ConnectionOptions, ignore_requests
from episodarr.systems.http import HttpConnection
from episodarr.systems.jellyfin.client import JellyfinClient

SECRET = "f00d/f00d f00d"


def repeats(request: httpx.Request) -> httpx.Response:
    """An answer that repeats what was sent, as some servers and proxies do."""
    sent = [*request.headers.values(), request.content.decode()]
    is_known = SECRET in unquote("".join(sent)) or "Basic" in "".join(sent)
    said = ["refused", *((SECRET, quote(SECRET, safe="")) if is_known else ()), *sent[5:]]
    return httpx.Response(401, json={"message": " ".join(said)})


@pytest.mark.parametrize(
    ("url", "headers", "json"),
    [
        ("http://x:1", {"X-Api-Key": SECRET}, None),
        ("http://x:1", {"apikey": SECRET}, None),
        (f"http://me:{quote(SECRET, safe='')}@x:1", {}, None),
        ("http://x:1", {}, {"user": "me", "pass": SECRET, "device": "Episodarr"}),
    ],
)
async def test_what_a_server_repeats_holds_no_secret(
    url: str, headers: Mapping[str, str], json: object
) -> None:
    """Keys of single requests, logins and passwords of proxies were shown as they came back."""
    connection = HttpConnection(
        ConnectionOptions(base_url=url),
        observer=ignore_requests,
        transport=httpx.MockTransport(repeats),
    )
    with pytest.raises(UpstreamError, match="refused … …") as caught:
        await connection.send("x", "POST", "/x", headers=headers, json=json)
    assert "f00d" not in str(caught.value)


async def test_jellyfins_key_is_a_secret_within_its_header() -> None:
    client = JellyfinClient(
        ConnectionOptions(base_url="http://x:1"),
        api_key=SECRET,
        observer=ignore_requests,
        transport=httpx.MockTransport(repeats),
    )
    with pytest.raises(UpstreamError, match="refused … …") as caught:
        await client.fetch_identity()
    assert "f00d" not in str(caught.value)
