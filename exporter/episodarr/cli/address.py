"""Where the exporter of this environment listens, as a client on the same machine reaches it."""

from urllib.parse import quote

from episodarr.errors import SettingsError
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
    host = _ALL_ADDRESSES.get(web.host, web.host)
    scheme = "http" if web.tls_cert_file is None else "https"
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{web.port}"


def login_of(web: WebSettings) -> str:
    """User name and password as a URL holds them, with the `@`; empty where reading needs none."""
    if web.password is None or not web.username:
        return ""
    password = web.password.get_secret_value()
    return f"{quote(web.username, safe='')}:{quote(password, safe='')}@"
