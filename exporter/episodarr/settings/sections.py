"""The parts of the configuration: one model per system, our own server, and deletions."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from episodarr.deletions.policy import Policy
from episodarr.settings.fields import (
    LONGEST_DAYS,
    LONGEST_SECONDS,
    HttpUrl,
    check_authority,
    check_certificate,
    fault,
    key_for_header,
    optional_key,
    with_secret_files,
)

PUBLISHED_SECRETS = frozenset({"demo-episodarr-secret"})
"""Secrets that stand in the files of this program, which are public."""
_HOST_NAME = re.compile(r"(?:\*\.)?[\w-]+(?:\.[\w-]+)*\.?")


class Section(BaseModel):
    """A part of the configuration; unknown keys are errors, secrets may come from files."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    @model_validator(mode="before")
    @classmethod
    def _read_secret_files(cls, values: object) -> object:
        if not isinstance(values, dict):
            return values
        return with_secret_files(values, set(cls.model_fields))


class ConnectionSettings(Section):
    """What every upstream has."""

    url: HttpUrl
    """Address with scheme, port and base path."""
    external_url: HttpUrl | None = None
    """Where a browser finds it; links are shown only with this."""
    ca_file: Path | None = None
    """PEM file of the authority that signed its certificate."""
    skip_verify: bool = False
    """Accept any certificate."""
    timeout_seconds: float = Field(default=30.0, gt=0, le=600)
    """Longest wait for one answer."""

    @model_validator(mode="after")
    def _has_authority(self) -> Self:
        if self.ca_file is not None:
            check_authority("ca_file", self.ca_file)
        return self


class SonarrSettings(ConnectionSettings):
    """One Sonarr."""

    api_key: SecretStr
    """Settings → General → Security in Sonarr."""

    _key = field_validator("api_key")(key_for_header)


class QbittorrentSettings(ConnectionSettings):
    """One qBittorrent: an API key (5.2 and newer), or a user, or neither where it lets us in."""

    username: str = ""
    """Of the WebUI."""
    password: SecretStr = SecretStr("")
    """Of the WebUI."""
    api_key: SecretStr | None = None
    """Instead of user and password, from qBittorrent 5.2 on."""

    _key = field_validator("api_key")(optional_key)


class JellyfinSettings(ConnectionSettings):
    """The Jellyfin server."""

    api_key: SecretStr
    """Dashboard → API Keys in Jellyfin."""

    _key = field_validator("api_key")(key_for_header)


class ShokoSettings(ConnectionSettings):
    """The Shoko server: an API key, or a user and password to get one."""

    api_key: SecretStr | None = None
    """Instead of user and password."""
    username: str = ""
    """A user that sees every series."""
    password: SecretStr = SecretStr("")
    """May be empty."""

    _key = field_validator("api_key")(optional_key)

    @model_validator(mode="after")
    def _has_credentials(self) -> Self:
        if self.api_key is None and not self.username:
            raise fault("api_key", "is missing; give it, or USERNAME and PASSWORD")
        return self


class JellyseerrSettings(ConnectionSettings):
    """Jellyseerr or Seerr."""

    api_key: SecretStr
    """Settings → General in Jellyseerr."""

    _key = field_validator("api_key")(key_for_header)


class WebSettings(Section):
    """Our own server."""

    listen: str = ":10987"
    """Address and port; an empty address means all."""
    secret: SecretStr | None = None
    """Needed by webhooks and everything that is not a GET; without it those are off."""
    hosts: str = ""
    """Names it is read under besides IP addresses and names without a dot, with commas between."""
    username: str = ""
    """With password: HTTP Basic for reading too."""
    password: SecretStr | None = None
    """With username."""
    tls_cert_file: Path | None = None
    """PEM certificate, to serve HTTPS."""
    tls_key_file: Path | None = None
    """PEM key of the certificate."""
    dashboard_url: HttpUrl | None = None
    """Grafana's address, for links."""

    _key = field_validator("secret")(optional_key)

    @field_validator("hosts")
    @classmethod
    def _are_names(cls, value: str) -> str:
        for name in value.split(","):
            if name.strip() and not _HOST_NAME.fullmatch(name.strip()):
                msg = "must be names without scheme and port, with commas between them"
                raise ValueError(msg)
        return value

    @field_validator("listen")
    @classmethod
    def _has_port(cls, value: str) -> str:
        host, _, port = value.rpartition(":")
        if not port.isdecimal() or int(port) > 65535 or not host.isprintable():
            msg = "must be HOST:PORT or :PORT"
            raise ValueError(msg)
        return value

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        certificate, key = self.tls_cert_file, self.tls_key_file
        if certificate is not None and key is not None:
            check_certificate(certificate, key)
        elif certificate is not None:
            raise fault("tls_key_file", "is missing; TLS_CERT_FILE needs it")
        elif key is not None:
            raise fault("tls_cert_file", "is missing; TLS_KEY_FILE needs it")
        has_password = self.password is not None and self.password.get_secret_value() != ""
        if self.username and not has_password:
            raise fault("password", "is missing; USERNAME needs it")
        if ":" in self.username:
            raise fault(
                "username", "holds a colon, with which HTTP Basic ends the name; leave it out"
            )
        if has_password and not self.username:
            raise fault("username", "is missing; PASSWORD needs it")
        return self

    @property
    def host_names(self) -> frozenset[str]:
        """The names of `hosts`, in lower case."""
        return frozenset(n.strip().lower() for n in self.hosts.split(",") if n.strip())

    @property
    def has_published_secret(self) -> bool:
        """Whether the secret is the demo's, which is public."""
        secret = self.secret
        return secret is not None and secret.get_secret_value() in PUBLISHED_SECRETS

    @property
    def host(self) -> str:
        """The address to bind; empty for all."""
        return self.listen.rpartition(":")[0].strip("[]")

    @property
    def port(self) -> int:
        """The port to bind; 0 for any free one."""
        return int(self.listen.rpartition(":")[2])


_POLICY = Policy()
"""The defaults: what is not set is as verification has it."""


def _seconds(duration: timedelta) -> int:
    return duration // timedelta(seconds=1)


class DeletionSettings(Section):
    """How deletions are verified; deadlines count from detection."""

    deadline_sonarr_seconds: float = Field(
        default=_seconds(_POLICY.deadline_sonarr), gt=0, le=LONGEST_SECONDS
    )
    """How long Sonarr may still show a deleted file."""
    deadline_disk_seconds: float = Field(
        default=_seconds(_POLICY.deadline_disk), gt=0, le=LONGEST_SECONDS
    )
    """How long a deleted file may still be on disk."""
    deadline_jellyfin_seconds: float = Field(
        default=_seconds(_POLICY.deadline_jellyfin), gt=0, le=LONGEST_SECONDS
    )
    """How long Jellyfin may still list it; its own scan runs every 12 hours."""
    deadline_jellyfin_rescan_seconds: float = Field(
        default=_seconds(_POLICY.deadline_jellyfin_rescan), gt=0, le=LONGEST_SECONDS
    )
    """Instead of the former when Jellyfin's rescan is on."""
    deadline_shoko_seconds: float = Field(
        default=_seconds(_POLICY.deadline_shoko), gt=0, le=LONGEST_SECONDS
    )
    """After Shoko's rescan."""
    deadline_jellyseerr_seconds: float = Field(
        default=_seconds(_POLICY.deadline_jellyseerr), gt=0, le=LONGEST_SECONDS
    )
    """How long a request may still cover it; Jellyseerr's own sync runs daily."""
    rescan_shoko: bool = _POLICY.rescan_shoko
    """Let Shoko remove missing files, without MyList, once the disk is verified."""
    rescan_jellyfin: bool = _POLICY.rescan_jellyfin
    """Tell Jellyfin about the removed paths, once the disk is verified."""
    retention_days: int = Field(default=_POLICY.retention.days, ge=7, le=LONGEST_DAYS)
    """How long ended deletions stay in the log; bad ones stay until they are acknowledged."""
    coalesce_seconds: float = Field(default=_seconds(_POLICY.coalesce), ge=0, le=LONGEST_SECONDS)
    """Deletions of one series within this are one deletion."""
    check_seconds: float = Field(default=_seconds(_POLICY.check_interval), gt=0, le=LONGEST_SECONDS)
    """Between checks while a deletion is being verified."""

    def policy(self) -> Policy:
        """Deadlines and switches as configured."""
        return Policy(
            deadline_sonarr=timedelta(seconds=self.deadline_sonarr_seconds),
            deadline_disk=timedelta(seconds=self.deadline_disk_seconds),
            deadline_jellyfin=timedelta(seconds=self.deadline_jellyfin_seconds),
            deadline_jellyfin_rescan=timedelta(seconds=self.deadline_jellyfin_rescan_seconds),
            deadline_shoko=timedelta(seconds=self.deadline_shoko_seconds),
            deadline_jellyseerr=timedelta(seconds=self.deadline_jellyseerr_seconds),
            rescan_shoko=self.rescan_shoko,
            rescan_jellyfin=self.rescan_jellyfin,
            coalesce=timedelta(seconds=self.coalesce_seconds),
            check_interval=timedelta(seconds=self.check_seconds),
            retention=timedelta(days=self.retention_days),
        )
