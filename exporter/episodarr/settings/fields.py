"""What single values of the configuration must be like, and secrets that come from files."""

import os
import re
import ssl
from collections.abc import Mapping
from ipaddress import IPv4Address
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, SecretStr
from pydantic_core import PydanticCustomError

_HOST = re.compile(r"[\w.~-]+|[0-9A-Fa-f:.]+(%[\w.-]+)?")
_FOUR_NUMBERS = re.compile(r"(?<![0-9])[0-9]+(\.[0-9]+){3}")
_ABSOLUTE = re.compile(r"/|[A-Za-z]:[\\/]|\\\\")
"""As Sonarr on any system writes the beginning of a path."""
LONGEST_DAYS = 36_500
LONGEST_SECONDS = LONGEST_DAYS * 86_400
"""A hundred years: what is meant for ever, and still a date when it is added to the present."""


def fault(key: str, words: str) -> PydanticCustomError:
    """An error about one setting, found by validating its section; `key` is its name there."""
    shown = words.encode("utf-8", "backslashreplace").decode()  # A path may be no UTF-8 text.
    return PydanticCustomError("setting", "{words}", {"key": key, "words": shown})


def http_url(value: str) -> str:
    """The URL without a trailing slash.

    Raises:
        ValueError: it is none that a client could use.
    """
    value = value.strip().rstrip("/")
    if value.startswith(("'", '"')):
        msg = "begins with a quotation mark, which Docker does not take out of a file; leave it out"
        raise ValueError(msg)
    scheme, separator, rest = value.partition("://")
    if not separator or scheme not in {"http", "https"} or not rest or rest.startswith("/"):
        msg = "must be a URL with scheme and host, and the base path where there is one"
        raise ValueError(msg)
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname, parts.port
    except ValueError:
        msg = "has no usable host and port; a port is a number up to 65535"
        raise ValueError(msg) from None
    if not host or not _HOST.fullmatch(host):
        msg = "has a host with characters that no host name holds"
        raise ValueError(msg)
    if not _can_be_reached(host):
        msg = "has a host that is neither a name nor an address; look for a slip in it"
        raise ValueError(msg)
    if parts.query or parts.fragment or any(c.isspace() or not c.isprintable() for c in value):
        msg = "must end with its base path: no spaces, no ? and no #"
        raise ValueError(msg)
    return value


def _can_be_reached(host: str) -> bool:
    """Whether a client can be built for it; they refuse what no look-up could find."""
    try:
        if _FOUR_NUMBERS.fullmatch(host):
            IPv4Address(host)
        elif ":" not in host:
            host.removesuffix(".").encode("idna").decode("idna")
    except ValueError:
        return False
    return True


HttpUrl = Annotated[str, AfterValidator(http_url)]


def key_for_header(secret: SecretStr) -> SecretStr:
    """The key, trimmed.

    Raises:
        ValueError: it is empty, or no HTTP header can carry it.
    """
    key = secret.get_secret_value().strip()
    if not key:
        msg = "is empty"
        raise ValueError(msg)
    if not key.isascii() or not key.isprintable():
        msg = "holds line breaks or letters that no HTTP header can carry; copy the key again"
        raise ValueError(msg)
    return SecretStr(key)


def optional_key(secret: SecretStr | None) -> SecretStr | None:
    """The key; an empty one, as from a template that was not filled in, is none."""
    if secret is None or not secret.get_secret_value().strip():
        return None
    return key_for_header(secret)


def known_home(path: Path) -> Path:
    """The path with the home directory in place of `~`.

    Raises:
        ValueError: this user, or the one that it names, has none.
    """
    try:
        return path.expanduser()
    except RuntimeError:
        msg = f"begins with {path.parts[0]}, and there is no such home directory; give a whole path"
        raise ValueError(msg) from None


def is_path_here(path: str) -> bool:
    """Whether a path is a whole one that this system can look for."""
    try:
        return Path(path).is_absolute() and b"\0" not in os.fsencode(path)
    except UnicodeEncodeError:
        return False


def is_absolute(path: str) -> bool:
    """Whether a path starts at a root, on whatever system it was written."""
    return _ABSOLUTE.match(path) is not None


def with_secret_files(values: Mapping[str, Any], fields: set[str]) -> dict[str, Any]:
    """Values in which each `x_file` that stands for a field `x` was replaced by the file's text.

    Raises:
        PydanticCustomError: the file cannot be read, is empty, or both forms are given; or a value
            that is no path is no text.
    """
    read: dict[str, Any] = {}
    for key, value in values.items():
        name = key.removesuffix("_file")
        if name == key and isinstance(value, str) and not _is_text(value):
            raise fault(key, "holds bytes that are no UTF-8 text; write it again")
        if key in fields or name == key or name not in fields:
            read[key] = value
            continue
        if values.get(name):
            raise fault(key, f"both {name.upper()} and {key.upper()} are given; keep one")
        read[name] = _secret_text(key, str(value))
    return read


def _is_text(value: str) -> bool:
    """Whether no byte of a variable had to be kept as it was."""
    return value.encode("utf-8", "replace").decode() == value


def _secret_text(key: str, path: str) -> str:
    try:
        # Some editors begin a file with a mark, which is no part of the secret.
        text = Path(path).read_text(encoding="utf-8-sig").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise fault(
            key, f"cannot read {path}: {why}; give a file that this user may read"
        ) from error
    if not text:
        raise fault(key, f"{path} is empty; write the secret into it")
    return text


def check_authority(key: str, path: Path) -> None:
    """Does nothing where the file holds certificates.

    Raises:
        PydanticCustomError: it does not, or cannot be read.
    """
    _check_readable(key, path)
    try:
        ssl.create_default_context(cafile=str(path))
    except OSError:
        raise fault(key, f"{path} holds no PEM certificate") from None


def check_certificate(certificate: Path, key: Path) -> None:
    """Check that certificate and key can serve HTTPS.

    Raises:
        PydanticCustomError: they cannot; the message names the file and the fault.
    """
    _check_readable("tls_cert_file", certificate)
    _check_readable("tls_key_file", key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        # Without a passphrase given OpenSSL would ask for one at the terminal, and wait.
        context.load_cert_chain(certificate, key, password=lambda: "")
    except (OSError, ValueError) as error:
        if isinstance(error, ssl.SSLError) and error.reason == "KEY_VALUES_MISMATCH":
            raise fault("tls_key_file", f"{key} is not the key of {certificate}") from None
        words = (
            f"{certificate} must be a PEM certificate and {key} its key in PEM, "
            "without a passphrase"
        )
        raise fault("tls_cert_file", words) from None


def _check_readable(key: str, path: Path) -> None:
    try:
        with path.open("rb"):
            pass
    except OSError as error:
        words = f"cannot read {path}: {error.strerror}; give a PEM file that this user may read"
        raise fault(key, words) from None
