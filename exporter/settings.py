"""The configuration: environment variables over an optional TOML file.

Gives: one frozen `Settings`, or a `SettingsError` whose lines name the key, the fault and an example.
Secrets are `SecretStr` and may each be given as `…_FILE` instead; no message ever shows one.
"""

import difflib
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self, override

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_core import ErrorDetails
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)
from pydantic_settings import SettingsError as UnreadableSetting

from exporter.errors import SettingsError

PREFIX = "EPISODARR_"
_FREE_VARIABLES = frozenset({"EPISODARR_CONFIG", "EPISODARR_URL"})
"""Read elsewhere: where the TOML file is, and which exporter the commands ask."""


def _http_url(value: str) -> str:
    value = value.strip().rstrip("/")
    scheme, separator, rest = value.partition("://")
    if not separator or scheme not in {"http", "https"} or not rest or rest.startswith("/"):
        msg = "must be a URL with scheme and host, and the base path where there is one"
        raise ValueError(msg)
    return value


HttpUrl = Annotated[str, AfterValidator(_http_url)]


class Section(BaseModel):
    """A part of the configuration; unknown keys are errors, secrets may come from files."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    @model_validator(mode="before")
    @classmethod
    def _read_secret_files(cls, values: object) -> object:
        if not isinstance(values, dict):
            return values
        return _with_secret_files(values, set(cls.model_fields))


def _with_secret_files(values: Mapping[str, Any], fields: set[str]) -> dict[str, Any]:
    """Values in which each `x_file` that stands for a field `x` was replaced by the file's text.

    Raises:
        ValueError: the file cannot be read, is empty, or both forms are given.
    """
    read: dict[str, Any] = {}
    for key, value in values.items():
        name = key.removesuffix("_file")
        if key in fields or name == key or name not in fields:
            read[key] = value
            continue
        if values.get(name):
            msg = f"{key}: both {name} and {key} are given; keep one"
            raise ValueError(msg)
        read[name] = _secret_text(key, str(value))
    return read


def _secret_text(key: str, path: str) -> str:
    try:
        text = Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        msg = f"{key}: cannot read {path}: {why}"
        raise ValueError(msg) from error
    if not text:
        msg = f"{key}: {path} is empty"
        raise ValueError(msg)
    return text


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


class SonarrSettings(ConnectionSettings):
    """One Sonarr."""

    api_key: SecretStr
    """Settings → General → Security in Sonarr."""


class QbittorrentSettings(ConnectionSettings):
    """One qBittorrent: an API key (5.2 and newer), or a user, or neither where it lets us in."""

    username: str = ""
    """Of the WebUI."""
    password: SecretStr = SecretStr("")
    """Of the WebUI."""
    api_key: SecretStr | None = None
    """Instead of user and password, from qBittorrent 5.2 on."""


class JellyfinSettings(ConnectionSettings):
    """The Jellyfin server."""

    api_key: SecretStr
    """Dashboard → API Keys in Jellyfin."""


class ShokoSettings(ConnectionSettings):
    """The Shoko server: an API key, or a user and password to get one."""

    api_key: SecretStr | None = None
    """Instead of user and password."""
    username: str = ""
    """A user that sees every series."""
    password: SecretStr = SecretStr("")
    """May be empty."""

    @model_validator(mode="after")
    def _has_credentials(self) -> Self:
        if self.api_key is None and not self.username:
            msg = "needs api_key, or username and password"
            raise ValueError(msg)
        return self


class JellyseerrSettings(ConnectionSettings):
    """Jellyseerr or Seerr."""

    api_key: SecretStr
    """Settings → General in Jellyseerr."""


class WebSettings(Section):
    """Our own server."""

    listen: str = ":10987"
    """Address and port; an empty address means all."""
    secret: SecretStr | None = None
    """Needed by webhooks and everything that is not a GET; without it those are off."""
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

    @field_validator("listen")
    @classmethod
    def _has_port(cls, value: str) -> str:
        _, _, port = value.rpartition(":")
        if not port.isdigit() or int(port) > 65535:
            msg = "must be HOST:PORT or :PORT"
            raise ValueError(msg)
        return value

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if (self.tls_cert_file is None) != (self.tls_key_file is None):
            msg = "tls_cert_file and tls_key_file are needed together"
            raise ValueError(msg)
        if bool(self.username) != (self.password is not None):
            msg = "username and password are needed together"
            raise ValueError(msg)
        return self

    @property
    def host(self) -> str:
        """The address to bind; empty for all."""
        return self.listen.rpartition(":")[0].strip("[]")

    @property
    def port(self) -> int:
        """The port to bind; 0 for any free one."""
        return int(self.listen.rpartition(":")[2])


class DeletionSettings(Section):
    """How deletions are verified; deadlines count from detection."""

    deadline_sonarr_seconds: float = Field(default=15 * 60, gt=0)
    """How long Sonarr may still show a deleted file."""
    deadline_disk_seconds: float = Field(default=15 * 60, gt=0)
    """How long a deleted file may still be on disk."""
    deadline_jellyfin_seconds: float = Field(default=13 * 3600, gt=0)
    """How long Jellyfin may still list it; its own scan runs every 12 hours."""
    deadline_jellyfin_rescan_seconds: float = Field(default=30 * 60, gt=0)
    """Instead of the former when Jellyfin's rescan is on."""
    deadline_shoko_seconds: float = Field(default=30 * 60, gt=0)
    """After Shoko's rescan."""
    deadline_jellyseerr_seconds: float = Field(default=26 * 3600, gt=0)
    """How long a request may still cover it; Jellyseerr's own sync runs daily."""
    rescan_shoko: bool = False
    """Let Shoko remove missing files, without MyList, once the disk is verified."""
    rescan_jellyfin: bool = False
    """Tell Jellyfin about the removed paths, once the disk is verified."""
    retention_days: int = Field(default=90, ge=7)
    """How long ended deletions stay in the log; bad ones stay until they are acknowledged."""
    coalesce_seconds: float = Field(default=120, ge=0)
    """Deletions of one series within this are one deletion."""
    check_seconds: float = Field(default=30, gt=0)
    """Between checks while a deletion is being verified."""


class Settings(BaseSettings):
    """The whole configuration."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        use_attribute_docstrings=True,
    )

    sonarr: dict[str, SonarrSettings] = Field(default_factory=dict)
    """Each Sonarr by a name of your choice."""
    qbittorrent: dict[str, QbittorrentSettings] = Field(default_factory=dict)
    """Each qBittorrent by a name of your choice."""
    jellyfin: JellyfinSettings | None = None
    """Is an episode playable; is it gone."""
    shoko: ShokoSettings | None = None
    """Is an anime file matched to AniDB; is it unlinked."""
    jellyseerr: JellyseerrSettings | None = None
    """What was requested; is the request cleared."""
    web: WebSettings = WebSettings()
    """Our own server."""
    deletion: DeletionSettings = DeletionSettings()
    """How deletions are verified."""
    paths: dict[str, str] = Field(default_factory=dict)
    """Folders as the systems name them → as this program sees them."""
    state_dir: Path = Path("~/.local/state/episodarr")
    """Where the SQLite store lives."""
    cycle_seconds: float = Field(default=15.0, ge=0.2, le=3600)
    """Between two looks at commands, queue, history and downloads."""
    series_seconds: float = Field(default=300.0, ge=1)
    """Between two readings of the whole series list."""
    library_seconds: float = Field(default=60.0, ge=1)
    """Between two looks at Jellyfin and Shoko while something waits for them."""
    requests_seconds: float = Field(default=300.0, ge=1)
    """Between two readings of the requests."""
    keep_seconds: float = Field(default=900.0, ge=0)
    """How long the facts of a failing upstream are kept."""
    episodes: Literal["active", "all", "none"] = "active"
    """Which episodes have samples of their own."""
    count_specials: bool = False
    """Count season 0 in a series' totals."""
    show_requested_by: bool = False
    """Show who asked: a name, never an e-mail address."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """How much is said on standard error."""

    @model_validator(mode="before")
    @classmethod
    def _lower_names(cls, values: object) -> object:
        """Names of instances are lower case, wherever they come from."""
        if isinstance(values, dict):
            for key in ("sonarr", "qbittorrent"):
                if isinstance(values.get(key), dict):
                    values[key] = {str(k).lower(): v for k, v in values[key].items()}
        return values

    @classmethod
    @override
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Environment over the TOML file that EPISODARR_CONFIG names."""
        path = os.environ.get("EPISODARR_CONFIG")
        sources: tuple[PydanticBaseSettingsSource, ...] = (init_settings, env_settings)
        if path:
            sources += (TomlConfigSettingsSource(settings_cls, Path(path)),)
        return sources


_EXAMPLES = {
    "url": "http://sonarr:8989",
    "external_url": "https://sonarr.example.org",
    "api_key": "the key that its settings page shows",
    "listen": ":10987",
    "paths": '{"/tv": "/media/tv"}',
    "episodes": "active",
}


def load_settings() -> Settings:
    """The configuration of this process.

    Raises:
        SettingsError: with one line per fault; all faults at once.
    """
    config = os.environ.get("EPISODARR_CONFIG")
    if config:
        _check_toml(Path(config))
    problems = _unknown_variables(os.environ)
    try:
        settings = Settings()
    except ValidationError as error:
        problems += [_problem(detail) for detail in error.errors(include_url=False)]
        raise SettingsError(problems) from None
    except UnreadableSetting as error:
        # its text may hold the value
        raise SettingsError([*problems, _unparsable(error)]) from None
    if not settings.sonarr:
        problems.append(
            f"{PREFIX}SONARR__<NAME>__URL: no Sonarr is configured; give at least one, as in "
            f"{PREFIX}SONARR__TV__URL=http://sonarr:8989 and {PREFIX}SONARR__TV__API_KEY=…"
        )
    if problems:
        raise SettingsError(problems)
    return settings


def _check_toml(path: Path) -> None:
    try:
        tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError([f"EPISODARR_CONFIG: cannot read {path}: {error.strerror}"]) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        place = str(error).rpartition("(")[2].rstrip(")")
        raise SettingsError([f"EPISODARR_CONFIG: {path} is not TOML ({place})"]) from None


def _unknown_variables(environ: Mapping[str, str]) -> list[str]:
    """A line for each EPISODARR_ variable that names no setting; nested ones are checked later."""
    known = {name.upper() for name in Settings.model_fields}
    problems = []
    for variable in sorted(environ):
        if not variable.upper().startswith(PREFIX) or variable.upper() in _FREE_VARIABLES:
            continue
        top = variable.upper().removeprefix(PREFIX).partition("__")[0]
        if top not in known:
            near = difflib.get_close_matches(top, sorted(known), n=1)
            hint = f"; did you mean {PREFIX}{near[0]}?" if near else "; see the README's settings"
            problems.append(f"{variable}: unknown setting{hint}")
    return problems


def _problem(detail: ErrorDetails) -> str:
    """One fault as a sentence: the variable, what is wrong, an example; never the value."""
    place = [str(part) for part in detail["loc"]]
    variable = PREFIX + "__".join(place).upper()
    kind = detail["type"]
    if kind == "missing":
        what = "is missing"
    elif kind == "extra_forbidden":
        return f"{variable}: unknown setting{_near_key(place)}"
    else:
        what = detail["msg"].removeprefix("Value error, ")
    example = _EXAMPLES.get(place[-1]) if place else None
    return f"{variable}: {what}" + (f" (for example: {example})" if example else "")


def _near_key(place: list[str]) -> str:
    sections: dict[str, type[BaseModel]] = {
        "sonarr": SonarrSettings,
        "qbittorrent": QbittorrentSettings,
        "jellyfin": JellyfinSettings,
        "shoko": ShokoSettings,
        "jellyseerr": JellyseerrSettings,
        "web": WebSettings,
        "deletion": DeletionSettings,
    }
    section = sections.get(place[0]) if place else None
    fields = sorted(section.model_fields if section is not None else Settings.model_fields)
    near = difflib.get_close_matches(place[-1], fields, n=1) if place else []
    return f"; did you mean {near[0].upper()}?" if near else f"; known: {', '.join(fields)}"


def _unparsable(error: Exception) -> str:
    words = str(error)
    field = next((f for f in sorted(Settings.model_fields) if f'"{f}"' in words), None)
    if field is None:
        return f"the configuration cannot be read: {type(error).__name__}"
    example = _EXAMPLES.get(field)
    hint = f" (for example: {example})" if example else ""
    if field in {"sonarr", "qbittorrent"}:
        hint = f"; name it, as in {PREFIX}{field.upper()}__MAIN__URL"
    return f"{PREFIX}{field.upper()}: is not valid JSON{hint}"


def secrets_of(settings: Settings) -> tuple[str, ...]:
    """Every secret of the configuration, so that the log can mask them."""
    sections: list[BaseModel] = [
        *settings.sonarr.values(),
        *settings.qbittorrent.values(),
        *(s for s in (settings.jellyfin, settings.shoko, settings.jellyseerr) if s is not None),
        settings.web,
    ]
    values = [getattr(section, name) for section in sections for name in type(section).model_fields]
    return tuple(v.get_secret_value() for v in values if isinstance(v, SecretStr) and v)
