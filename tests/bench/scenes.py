"""What the simulated systems hold, and what happens in them."""

from dataclasses import dataclass

from tests.bench.processes import Simulated

LARGEST_SERIES = 1_700
"""The size that most targets are about."""
LARGEST_EPISODES = 100_000
LARGEST_IN_FLIGHT = 2_000
LARGEST_TORRENTS = 1_500
PACK_FILES = 1_000
SEEDING_OF_A_SERIES = 5
_PACK_TVDB_ID = 99_000
_GIB = 1_073_741_824


@dataclass(frozen=True)
class Size:
    """A library and what is on its way into it."""

    series: int
    episodes: int
    in_flight: int
    torrents: int
    has_pack: bool
    all_active: bool = False
    """Whether every season had an episode today, so that each episode has samples of its own."""

    @property
    def name(self) -> str:
        """As the table shows it."""
        return f"{self.series:,} series" + (", all active" if self.all_active else "")

    @property
    def arguments(self) -> list[str]:
        """For `episodarr simulate`; the pack comes on top."""
        pack = PACK_FILES if self.has_pack else 0
        seeding = max(0, self.torrents - (self.in_flight - pack) - bool(pack))
        counts = {
            "--series": self.series - self.has_pack,
            "--episodes": self.episodes - pack,
            "--active": self.in_flight - pack,
            "--torrents": self.torrents - seeding - bool(pack),
            "--moving": 0,
            "--requests": min(self.series - self.has_pack, 100),
        }
        flags = ["--all-active"] if self.all_active else []
        return [str(word) for pair in counts.items() for word in pair] + flags

    @property
    def seeding(self) -> int:
        """Torrents that are complete and seed on."""
        return max(0, self.torrents - (self.in_flight - PACK_FILES) - 1) if self.has_pack else 0


def size_of(series: int, *, all_active: bool = False) -> Size:
    """A library of so many series, all in proportion; only from `LARGEST_SERIES` on with the pack."""
    share = series / LARGEST_SERIES
    is_largest = series >= LARGEST_SERIES
    return Size(
        series=series,
        episodes=max(series, round(LARGEST_EPISODES * share)),
        in_flight=round(LARGEST_IN_FLIGHT * share),
        torrents=round(LARGEST_TORRENTS * share),
        has_pack=is_largest,
        all_active=all_active,
    )


def furnish(simulated: Simulated, size: Size) -> None:
    """Add what `episodarr simulate` has no option for: a pack of a thousand files, seeding torrents."""
    if size.has_pack:
        _add_pack(simulated)
    for number in range(size.seeding):
        series, episode = divmod(number, SEEDING_OF_A_SERIES)
        held = [[1, 1 + episode]]
        simulated.event("upgrade", sonarr="tv", tvdb_id=100_001 + series, episodes=held)
    # All that was done here is hours old to those who look back a minute from the newest event.
    simulated.event("age_history", sonarr="tv", days=0.2)
    simulated.event("upgrade", sonarr="tv", tvdb_id=100_001, episodes=[[1, 2]])


def _add_pack(simulated: Simulated) -> None:
    plan = {
        "tvdb_id": _PACK_TVDB_ID,
        "title": "The Long Voyage",
        "seasons": {"1": {"episodes": PACK_FILES}},
        "series_type": "anime",
    }
    simulated.event("add_series", sonarr="tv", plan=plan)
    files = [
        {
            "name": f"The Long Voyage/[Group] The Long Voyage - {number:04d} [1080p].mkv",
            "size_bytes": _GIB + number,
            "done_bytes": (_GIB + number) * (number % 10) / 10,
            "episodes": [[1, number]],
        }
        for number in range(1, PACK_FILES + 1)
    ]
    simulated.event(
        "grab",
        sonarr="tv",
        tvdb_id=_PACK_TVDB_ID,
        episodes=[[1, number] for number in range(1, PACK_FILES + 1)],
        title="[Group] The Long Voyage 0001-1000 [1080p]",
        files=files,
        rate=0.0,
    )


def move(simulated: Simulated, share: float) -> int:
    """Let that share of the unfinished torrents receive bytes, and the others none."""
    return int(str(simulated.event("move_torrents", client="main", ratio=share, rate=50_000.0)))
