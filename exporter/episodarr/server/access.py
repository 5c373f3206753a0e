"""The rights to read and to act. Secrets are compared in constant time and never echoed."""

import hmac
import re
from base64 import b64decode
from binascii import Error as Base64Error
from enum import Enum, auto
from ipaddress import ip_address

from starlette.datastructures import Headers

from episodarr.server.contract import ServerOptions

SECRET_HEADER = "X-Episodarr-Secret"  # noqa: S105 - the header's name, not a secret
_PORT = re.compile(r":\d*$")
_LOCAL_SUFFIXES = (".local", ".localhost", ".internal", ".lan", ".home.arpa")
"""The public DNS holds no names below these."""


class Verdict(Enum):
    """Whether a request may act."""

    GRANTED = auto()
    WRONG = auto()
    OFF = auto()
    """No secret is configured."""


def may_act(headers: Headers, options: ServerOptions, *, takes_basic: bool) -> Verdict:
    """Whether the request carries the secret: in our header, as bearer, or as Basic password.

    Basic is for Sonarr's webhooks, which can send it in every version; elsewhere it is not taken,
    because browsers send remembered passwords along with requests that other sites made.
    """
    if not options.secret:
        return Verdict.OFF
    scheme, _, credentials = headers.get("authorization", "").partition(" ")
    offered = [headers.get(SECRET_HEADER, "")]
    if scheme.lower() == "bearer":
        offered.append(credentials.strip())
    if takes_basic and scheme.lower() == "basic":
        offered.append(_basic(credentials)[1])
    is_right = [_same(offer, options.secret) for offer in offered]
    return Verdict.GRANTED if any(is_right) else Verdict.WRONG


def is_known_host(host: str, names: frozenset[str]) -> bool:
    """Whether this Host header is safe from DNS rebinding by a foreign web page.

    Addresses pass, and names that no public DNS can hold: without a dot, as in compose, and of
    local networks. Any other name must be among `names`, which may begin with `*.`.
    """
    name = _name_of(host)
    if name is None or "." not in name or name.endswith(_LOCAL_SUFFIXES) or name in names:
        return True
    return any(n.startswith("*.") and name.endswith(n[1:]) for n in names)


def _name_of(host: str) -> str | None:
    """The name without its port, in lower case; None for an address, or where there is none."""
    bare = _PORT.sub("", host.strip().lower()).rstrip(".")
    if bare.startswith("[") and bare.endswith("]"):
        bare = bare[1:-1]
    try:
        ip_address(bare.partition("%")[0])
    except ValueError:
        return bare or None
    return None


def may_read(headers: Headers, options: ServerOptions) -> bool:
    """Whether the request may see pages and metrics."""
    if not options.username or not options.password:
        return True
    scheme, _, credentials = headers.get("authorization", "").partition(" ")
    username, password = _basic(credentials) if scheme.lower() == "basic" else ("", "")
    is_known = _same(username, options.username)
    return _same(password, options.password) and is_known


def _basic(credentials: str) -> tuple[str, str]:
    """User name and password; both empty where they cannot be read."""
    try:
        decoded = b64decode(credentials.strip(), validate=True).decode()
    except (Base64Error, ValueError):
        return "", ""
    username, _, password = decoded.partition(":")
    return username, password


def _same(offered: str, expected: str) -> bool:
    return hmac.compare_digest(offered.encode(), expected.encode())
