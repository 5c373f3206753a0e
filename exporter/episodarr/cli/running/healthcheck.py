"""`episodarr healthcheck`: does the exporter of this environment answer; for containers."""

import http.client
import os
import ssl
import sys
from collections.abc import Mapping
from urllib.parse import urlsplit

import click

from episodarr.cli.running.address import own_url, url_of
from episodarr.cli.terminal.output import print_text
from episodarr.errors import SettingsError

EXIT_UNHEALTHY = 1
_PATH = "/-/healthy"
_DEFAULT_LISTEN = ":10987"
_PORTS = 65536


@click.command(short_help="Does the exporter here answer? For containers.")
@click.option("--url", help="Instead of the address that EPISODARR_WEB__LISTEN names.")
@click.option(
    "--timeout",
    type=click.FloatRange(min=0.1),
    default=4.0,
    show_default=True,
    metavar="SECONDS",
    help="Longest wait for the answer.",
)
def healthcheck(url: str | None, timeout: float) -> None:
    """Ask the exporter of this environment whether it is alive.

    Alive, not ready: while a Sonarr is down the exporter is still healthy. Any certificate is taken,
    for it asks itself. Exit code 0 when it answers, 1 when not.
    """
    try:
        address = url or _plain_address(os.environ) or _configured_address()
        fault = fault_of(address, timeout)
    except SettingsError as error:
        address, fault = "EPISODARR_WEB__LISTEN", "; ".join(error.problems)
    if fault:
        print_text(f"{address}: {fault}", err=True)
        sys.exit(EXIT_UNHEALTHY)
    click.echo("healthy")


def _plain_address(environment: Mapping[str, str]) -> str:
    """The address that plain variables give; empty where a file or JSON may hold it.

    This check runs twice a minute, and loading the settings takes five times as long as all else.
    """
    given = {name.upper(): value for name, value in environment.items()}
    if given.get("EPISODARR_CONFIG") or given.get("EPISODARR_WEB"):
        return ""
    host, _, port = (given.get("EPISODARR_WEB__LISTEN") or _DEFAULT_LISTEN).rpartition(":")
    is_https = bool(given.get("EPISODARR_WEB__TLS_CERT_FILE"))
    is_plain = port.isdigit() and 0 < int(port) < _PORTS
    return url_of(host.strip("[]"), int(port), is_https=is_https) if is_plain else ""


def _configured_address() -> str:
    from episodarr.settings import load_web_settings

    return own_url(load_web_settings())


def fault_of(url: str, timeout: float) -> str:
    """Why the exporter at the URL is not healthy; empty if it is."""
    no_address = "is no address; it is like http://nas:10987"
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        host, port = parts.hostname, parts.port
    except ValueError:
        return no_address
    if host is None or parts.scheme not in {"http", "https"}:
        return no_address
    connection = (
        http.client.HTTPConnection(host, port, timeout=timeout)
        if parts.scheme == "http"
        else http.client.HTTPSConnection(host, port, timeout=timeout, context=_any_certificate())
    )
    try:
        connection.request("GET", parts.path.rstrip("/") + _PATH)
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException, ValueError) as error:
        return str(error) or type(error).__name__
    finally:
        connection.close()
    return "" if status == http.client.OK else f"answers with status {status}"


def _any_certificate() -> ssl.SSLContext:
    """Nothing secret is sent, and the server's own name is rarely the loopback address."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
