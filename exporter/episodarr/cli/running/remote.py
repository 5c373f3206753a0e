"""A running exporter, asked over HTTP; whatever goes wrong becomes one sentence with a remedy."""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from pathlib import Path

import httpx
import msgspec

from episodarr.cli.running.address import login_of, own_url
from episodarr.errors import ExporterError
from episodarr.server.access import SECRET_HEADER
from episodarr.settings import WebSettings, load_web_settings
from episodarr.systems.guard import sent_at
from episodarr.views.shapes import ErrorDocument
from episodarr.views.text import plain

TIMEOUT_SECONDS = 15.0
"""A library of 100,000 episodes answers in well under a second; a busy machine gets some air."""

SECRET_VARIABLE = "EPISODARR_WEB__SECRET"  # noqa: S105 - the variable's name


class UnusableError(ExporterError):
    """No exporter answers at the address."""


class RefusedError(ExporterError):
    """The exporter refused the request; `suggestions` are lines for people."""

    def __init__(self, sentence: str, suggestions: tuple[str, ...] = ()) -> None:
        self.suggestions = suggestions
        super().__init__(sentence)


@dataclass(frozen=True, slots=True)
class Answer[T]:
    """A document and the exporter's own clock when it was given."""

    document: T
    body: bytes
    at: datetime | None


def reach(url: str | None, environment: Mapping[str, str]) -> "Remote":
    """The exporter at the URL; without one, the exporter that this environment configures.

    Raises:
        SettingsError: the configuration of the server cannot be used.
        UnusableError: the URL is none.
    """
    if url:
        return Remote(url, environment)
    web = load_web_settings()
    scheme, _, rest = own_url(web).partition("://")
    return Remote(f"{scheme}://{login_of(web)}{rest}", environment, web)


class Remote:
    """One exporter at one address; `web` is its configuration where this environment holds it."""

    def __init__(
        self, url: str, environment: Mapping[str, str], web: WebSettings | None = None
    ) -> None:
        self._environment = environment
        self._web = web
        try:
            address = httpx.URL(url if "://" in url else f"http://{url}")
            host = address.host
        except (httpx.InvalidURL, ValueError) as error:
            raise UnusableError(
                f"“{plain(url)}” is no address; it is like http://nas:10987."
            ) from error
        if address.scheme not in {"http", "https"} or not host:
            raise UnusableError(f"“{plain(url)}” is no address; it is like http://nas:10987.")
        self.shown_url = str(address.copy_with(userinfo=b"")).rstrip("/")
        self._client = httpx.Client(
            base_url=address.copy_with(path=address.path.rstrip("/") + "/"),
            timeout=TIMEOUT_SECONDS,
            # A proxy from the environment cannot reach this machine's own loopback.
            trust_env=not _is_loopback(host),
            headers={"Accept": "application/json"},
            verify=_trust_in(web),
        )

    def __enter__(self) -> "Remote":
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def get[T](self, path: str, expected: type[T]) -> Answer[T]:
        """The document at the path.

        Raises:
            UnusableError: no exporter answers there.
            RefusedError: it refuses the request.
        """
        return self._decoded(self._send("GET", path), expected)

    def post[T](self, path: str, document: object, expected: type[T]) -> Answer[T]:
        """The exporter's answer to the posted document; the request carries the secret."""
        headers = {SECRET_HEADER: self._secret(), "Content-Type": "application/json"}
        content = msgspec.json.encode(document)
        return self._decoded(self._send("POST", path, content, headers), expected)

    def _send(
        self,
        method: str,
        path: str,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        try:
            response = self._client.request(method, path, content=content, headers=headers)
        except httpx.TimeoutException as error:
            sentence = (
                f"The exporter at {self.shown_url} did not answer in time: see whether it is busy."
            )
            raise UnusableError(sentence) from error
        except httpx.TransportError as error:
            raise UnusableError(
                f"No exporter answers at {self.shown_url}{self._why}: start it with “episodarr "
                "serve”, or name its address with --url or EPISODARR_URL."
            ) from error
        if response.status_code == httpx.codes.UNAUTHORIZED and method == "GET":
            raise UnusableError(
                f"The exporter at {self.shown_url} wants a user name and password: "
                "give them as --url http://user:password@host:10987."
            )
        if response.status_code == httpx.codes.UNAUTHORIZED:
            raise RefusedError(
                f"The exporter at {self.shown_url} refuses this secret: {SECRET_VARIABLE} must be "
                "the same here as where it runs."
            )
        return response

    @property
    def _why(self) -> str:
        """Where the address is from, unless it was given."""
        return "" if self._web is None else " (where EPISODARR_WEB__LISTEN of this environment is)"

    def _decoded[T](self, response: httpx.Response, expected: type[T]) -> Answer[T]:
        try:
            if response.is_success:
                document = msgspec.json.decode(response.content, type=expected)
                return Answer(document, response.content, sent_at(response.headers.get("date", "")))
            refusal = msgspec.json.decode(response.content, type=ErrorDocument)
            sentence = refusal.error
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise UnusableError(
                f"What answers at {self.shown_url} is not Episodarr, or one of another version "
                f"(status {response.status_code}): check --url or EPISODARR_URL."
            ) from error
        if response.is_server_error:
            raise UnusableError(plain(sentence, limit=600))
        raise RefusedError(plain(sentence, limit=600), tuple(refusal.suggestions or ()))

    def _secret(self) -> str:
        if self._web is not None and self._web.secret is not None:
            return self._web.secret.get_secret_value()
        secret = self._environment.get(SECRET_VARIABLE, "").strip()
        file_name = self._environment.get(f"{SECRET_VARIABLE}_FILE", "")
        if not secret and file_name:
            try:
                secret = Path(file_name).read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                raise RefusedError(f"{SECRET_VARIABLE}_FILE cannot be read: {error}.") from error
        if not secret:
            raise RefusedError(
                f"This needs the exporter's secret: set {SECRET_VARIABLE} or {SECRET_VARIABLE}_FILE "
                "to the same as the exporter's."
            )
        if not secret.isascii() or not secret.isprintable():
            raise RefusedError(f"{SECRET_VARIABLE} holds characters that no HTTP header can carry.")
        return secret


def _trust_in(web: WebSettings | None) -> ssl.SSLContext | bool:
    """Our own server is known by its certificate, whatever name that is for."""
    if web is None or web.tls_cert_file is None:
        return True
    context = ssl.create_default_context(cafile=str(web.tls_cert_file))
    context.check_hostname = False
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return context


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
