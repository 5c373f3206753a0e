"""What `episodarr init` asks about each system, in words of that system's own pages."""

from dataclasses import dataclass

from episodarr.settings.problems import EXAMPLE_NAMES, EXAMPLE_URLS, PREFIX


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One setting of a system."""

    key: str
    words: str
    is_secret: bool = False
    unless: str = ""
    """Asked only while this other setting is empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemQuestions:
    """All that is asked about one system; nothing is configured where its address is left empty."""

    section: str
    shown_name: str
    others: tuple[Question, ...]
    tries: int = 0
    """After so many refusals the answers are kept as they are; 0: never."""

    @property
    def instance(self) -> str:
        """The name of the first of several; empty where there can be one only."""
        return EXAMPLE_NAMES.get(self.section, "").lower()

    @property
    def example(self) -> str:
        """An address for the first question."""
        return EXAMPLE_URLS[self.section]

    def prefix(self, instance: str = "") -> str:
        """How the variables of this system, or of one of its instances, begin."""
        parts = [
            self.section.upper(),
            *([(instance or self.instance).upper()] if self.instance else []),
        ]
        return PREFIX + "__".join(parts) + "__"


SONARR = SystemQuestions(
    section="sonarr",
    shown_name="Sonarr",
    others=(
        Question(key="API_KEY", words="API key (Settings → General → Security)", is_secret=True),
    ),
)
OTHERS = (
    SystemQuestions(
        section="qbittorrent",
        shown_name="qBittorrent",
        tries=2,
        others=(
            Question(key="API_KEY", words="API key (5.2 and newer; empty for user and password)",
                     is_secret=True),
            Question(key="USERNAME", words="User name", unless="API_KEY"),
            Question(key="PASSWORD", words="Password", is_secret=True, unless="API_KEY"),
        ),
    ),
    SystemQuestions(
        section="jellyfin",
        shown_name="Jellyfin",
        others=(Question(key="API_KEY", words="API key (Dashboard → API Keys)", is_secret=True),),
    ),
    SystemQuestions(
        section="shoko",
        shown_name="Shoko",
        others=(
            Question(key="API_KEY", words="API key (empty for user and password)", is_secret=True),
            Question(key="USERNAME", words="User name", unless="API_KEY"),
            Question(key="PASSWORD", words="Password (may be empty)", is_secret=True,
                     unless="API_KEY"),
        ),
    ),
    SystemQuestions(
        section="jellyseerr",
        shown_name="Jellyseerr or Seerr",
        others=(Question(key="API_KEY", words="API key (Settings → General)", is_secret=True),),
    ),
)  # fmt: skip
