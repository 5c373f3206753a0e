"""Where the exporter of this environment listens, as a client on the same machine reaches it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from episodarr.errors import SettingsError

if TYPE_CHECKING:  # The health check runs twice a minute and starts without the settings.
    from episodarr.settings import WebSettings

_ALL_ADDRESSES = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  to replace them


def own_url(web: WebSettings) -> str:
    """The URL without a path; an address that means all becomes the loopback one.

    Raises:
        SettingsError: the port is 0, so that only the running exporter knows it.
    """
    if web.port == 0:
        raise SettingsError(
            [
                "EPISODARR_WEB__LISTEN: port 0 means any free one, which only the exporter's first "
                "line says: name its address with --url or EPISODARR_URL"
            ]
        )
    return url_of(web.host, web.port, is_https=web.tls_cert_file is not None)


def url_of(listens_on: str, port: int, *, is_https: bool) -> str:
    """The URL for an address that is listened on, without brackets; empty is all."""
    host = _ALL_ADDRESSES.get(listens_on, listens_on)
    shown = f"[{host}]" if ":" in host else host
    return f"http{'s' * is_https}://{shown}:{port}"


def login_of(web: WebSettings) -> str:
    """User name and password as a URL holds them, with the `@`; empty where reading needs none."""
    if web.password is None or not web.username:
        return ""
    password = web.password.get_secret_value()
    return f"{quote(web.username, safe='')}:{quote(password, safe='')}@"
