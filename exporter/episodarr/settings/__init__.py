"""The configuration: environment variables over an optional TOML file.

Gives: one frozen `Settings`, or a `SettingsError` whose lines name the key, the fault and an example.
Secrets are `SecretStr` and may each be given as `…_FILE` instead; no message ever shows one.

sections  a class for each section, a documented field for each setting
fields    how single values are read and checked
problems  faults as sentences that name the variable
"""

import os
import re
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, override
from urllib.parse import unquote, urlsplit

from pydantic import (
    BaseModel,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)
from pydantic_settings import SettingsError as UnreadableSetting

from episodarr.errors import NothingConfigured, SettingsError
from episodarr.settings.fields import LONGEST_SECONDS, is_absolute, is_path_here, known_home
from episodarr.settings.problems import PREFIX, problem_of, unknown_variables, unparsable
from episodarr.settings.sections import (
    ConnectionSettings,
    DeletionSettings,
    JellyfinSettings,
    JellyseerrSettings,
    QbittorrentSettings,
    ShokoSettings,
    SonarrSettings,
    WebSettings,
)

__all__ = [
    "PREFIX",
    "ConnectionSettings",
    "DeletionSettings",
    "JellyfinSettings",
    "JellyseerrSettings",
    "QbittorrentSettings",
    "Settings",
    "ShokoSettings",
    "SonarrSettings",
    "WebSettings",
    "load_settings",
    "load_web_settings",
    "secrets_of",
]

_NAME = re.compile(r"[a-z0-9_-]+")


class _FromEnvironmentAndFile(BaseSettings):
    """Settings of which an environment variable wins over the TOML file."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        # A template's field that was not filled in sets nothing.
        env_ignore_empty=True,
        extra="forbid",
        frozen=True,
        use_attribute_docstrings=True,
    )

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
        return (init_settings, env_settings, *_toml(settings_cls))


class Settings(_FromEnvironmentAndFile):
    """The whole configuration."""

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
    """Folders as the systems name them → as this program sees them; a folder without an entry is used
    under its own name once its files are found there."""
    state_dir: Path = Field(default=Path("~/.local/state/episodarr"), validate_default=True)
    """Where the SQLite store lives."""
    cycle_seconds: float = Field(default=15.0, ge=0.2, le=3600)
    """Between two reads of commands, queue, history and downloads. Above 300, build the alert rules with
    a longer `snapshot_stale`."""
    series_seconds: float = Field(default=300.0, ge=1, le=LONGEST_SECONDS)
    """Between two readings of the whole series list."""
    library_seconds: float = Field(default=60.0, ge=1, le=LONGEST_SECONDS)
    """Between two reads of Jellyfin and Shoko while something waits for them."""
    requests_seconds: float = Field(default=300.0, ge=1, le=LONGEST_SECONDS)
    """Between two readings of the requests. Above 1800, build the alert rules with a longer
    `upstream_stale`."""
    keep_seconds: float = Field(default=900.0, ge=0, le=LONGEST_SECONDS)
    """How long the facts of a failing upstream are kept."""
    episodes: Literal["active", "all", "none"] = "active"
    """Which episodes have samples of their own."""
    count_specials: bool = False
    """Count season 0 in a series' totals."""
    show_requested_by: bool = False
    """Show the name of the requester, never an e-mail address."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """Lowest severity that is logged to standard error."""

    @model_validator(mode="before")
    @classmethod
    def _lower_names(cls, values: object) -> object:
        """Names of instances are lower case, wherever they come from."""
        if isinstance(values, dict):
            for key in ("sonarr", "qbittorrent"):
                if isinstance(values.get(key), dict):
                    values[key] = _lower_keys(values[key])
        return values

    @field_validator("sonarr", "qbittorrent")
    @classmethod
    def _names_are_plain(cls, value: dict[str, Any]) -> dict[str, Any]:
        """They are labels, parts of ids and of the webhooks' path."""
        for name in value:
            if not _NAME.fullmatch(name):
                msg = f"the name {name!r} may hold only letters, digits, - and _"
                raise ValueError(msg)
        return value

    _home = field_validator("state_dir")(known_home)

    @field_validator("paths")
    @classmethod
    def _paths_are_absolute(cls, value: dict[str, str]) -> dict[str, str]:
        for remote, local in value.items():
            if not is_absolute(remote) or not is_path_here(local):
                msg = f"{remote!r} and {local!r} must both be whole paths, from the root on"
                raise ValueError(msg)
        return value


class _OnlyWeb(_FromEnvironmentAndFile, extra="ignore"):
    """The part about our own server, whatever else the configuration holds."""

    web: WebSettings = WebSettings()


def _toml(settings_cls: type[BaseSettings]) -> tuple[PydanticBaseSettingsSource, ...]:
    """The TOML file that EPISODARR_CONFIG names, if it names one."""
    path = os.environ.get("EPISODARR_CONFIG")
    return (TomlConfigSettingsSource(settings_cls, Path(path)),) if path else ()


def load_settings() -> Settings:
    """The configuration of this process.

    Raises:
        SettingsError: with one line per fault; all faults at once.
    """
    problems = unknown_variables(os.environ, Settings)
    settings = _validated(Settings, problems)
    if not settings.sonarr:
        none = (
            f"{PREFIX}SONARR__<NAME>__URL: no Sonarr is configured; give at least one, as in "
            f"{PREFIX}SONARR__TV__URL=http://sonarr:8989 and {PREFIX}SONARR__TV__API_KEY=…"
        )
        raise SettingsError([*problems, none]) if problems else NothingConfigured([none])
    if problems:
        raise SettingsError(problems)
    return settings


def load_web_settings() -> WebSettings:
    """The configuration of our own server, for the commands that ask it.

    Raises:
        SettingsError: with one line per fault of this part.
    """
    return _validated(_OnlyWeb, []).web


def _validated[S: BaseSettings](kind: type[S], problems: Sequence[str]) -> S:
    """What the environment and the TOML file give.

    Raises:
        SettingsError: the given problems, and one line for each further fault.
    """
    config = os.environ.get("EPISODARR_CONFIG")
    if config:
        _check_toml(Path(config))
    try:
        return kind()
    except ValidationError as error:
        faults = [problem_of(detail, Settings) for detail in error.errors(include_url=False)]
        raise SettingsError([*problems, *faults]) from None
    except UnreadableSetting as error:
        # its text may hold the value
        raise SettingsError([*problems, unparsable(error, Settings)]) from None


def _check_toml(path: Path) -> None:
    try:
        text = path.read_text(encoding="utf-8")
        if text.startswith("\ufeff"):
            raise SettingsError(
                [
                    f"EPISODARR_CONFIG: {path} begins with a byte order mark; save it as UTF-8 without one"
                ]
            )
        tomllib.loads(text)
    except OSError as error:
        raise SettingsError([f"EPISODARR_CONFIG: cannot read {path}: {error.strerror}"]) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        place = str(error).rpartition("(")[2].rstrip(")")
        raise SettingsError([f"EPISODARR_CONFIG: {path} is not TOML ({place})"]) from None


def _lower_keys(by_name: dict[Any, Any]) -> dict[str, Any]:
    """The entries with lower-case names; two spellings of one name are merged, the later one wins."""
    lower: dict[str, Any] = {}
    for key, value in by_name.items():
        name = str(key).lower()
        before = lower.get(name)
        if isinstance(before, dict) and isinstance(value, dict):
            lower[name] = {**before, **value}
        else:
            lower[name] = value
    return lower


def secrets_of(settings: Settings) -> tuple[str, ...]:
    """Every secret of the configuration, so that the log can mask them."""
    parts = (getattr(settings, name) for name in type(settings).model_fields)
    several = (part.values() if isinstance(part, dict) else (part,) for part in parts)
    sections = [one for some in several for one in some if isinstance(one, BaseModel)]
    values = [getattr(section, name) for section in sections for name in type(section).model_fields]
    in_urls = [p for s in sections if (p := urlsplit(getattr(s, "url", "")).password)]
    as_written = dict.fromkeys(form for p in in_urls for form in (p, unquote(p)))
    return (*(v.get_secret_value() for v in values if isinstance(v, SecretStr) and v), *as_written)
