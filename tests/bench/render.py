"""How long an update of `/metrics` takes, against prometheus_client with the same samples.

`python -m tests.bench.render [--series N] [--samples N]` prints JSON. Both run in one process, one after
the other, so that the ratio can be compared between machines and the times cannot.
"""

import argparse
import json
import statistics
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import perf_counter

from episodarr.instruments import Instruments
from episodarr.metrics.counters import Counters
from episodarr.metrics.rendering.bodies import Bodies
from episodarr.metrics.rendering.exposition import Exposition
from episodarr.model.health import System, UpstreamHealth
from episodarr.model.ids import EpisodeKey, SeriesKey, SonarrName, TvdbId
from episodarr.model.stage import TELLING_ORDER, Stage
from episodarr.model.view import (
    EpisodeView,
    ReleaseView,
    SeasonView,
    SeriesView,
    Snapshot,
    Tally,
)
from tests.bench.baseline import render
from tests.replacing import replace

EPISODES_PER_SEASON = 20
SEASONS = 3
NOW = datetime(2026, 5, 4, 20, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Seconds for each thing, the median of several runs where there were several."""

    series: int
    episodes: int
    samples: int
    text_bytes: int
    gzip_bytes: int
    first_seconds: float
    longest_step_seconds: float
    one_percent_seconds: float
    one_percent_longest_step_seconds: float
    unchanged_seconds: float
    plain_join_seconds: float
    library_text_seconds: float
    library_openmetrics_gzip_seconds: float

    def report(self) -> dict[str, float]:
        """The figures and the ratios that are worth watching."""
        baseline = self.library_openmetrics_gzip_seconds
        return {
            **{name: getattr(self, name) for name in self.__slots__},
            "ratio_first": baseline / self.first_seconds,
            "ratio_one_percent": baseline / self.one_percent_seconds,
            "ratio_unchanged": baseline / self.unchanged_seconds,
            "ratio_plain_scrape": self.library_text_seconds / self.plain_join_seconds,
        }


def _tally(episodes: Iterable[EpisodeView]) -> Tally:
    counts: dict[Stage, int] = {}
    progress = 0.0
    for episode in episodes:
        counts[episode.stage] = counts.get(episode.stage, 0) + 1
        progress += episode.progress_ratio
    return Tally.of(counts, progress_sum=progress)


def _episode(number: int, season: int, episode: int, *, is_active: bool, turn: int) -> EpisodeView:
    stage = Stage.AVAILABLE
    if is_active:
        stage = (Stage.DOWNLOADING, Stage.QUEUED, Stage.AVAILABLE)[episode % 3]
    progress = {
        Stage.AVAILABLE: 1.0,
        Stage.DOWNLOADING: ((number * 7 + episode + turn) % 997) / 997,
    }
    release = ReleaseView(
        title=f"[Group] Show {number} S{season:02d}E{episode:02d} 1080p WEB x265",
        quality="WEBDL-1080p",
        release_group="Group",
        indexer=f"indexer {number % 5}",
        protocol="torrent",
        client="qbittorrent",
        download_id=f"{number * 1009 + season * 31 + episode:040x}",
    )
    return EpisodeView(
        key=EpisodeKey(SonarrName("tv"), TvdbId(70_000 + number * 37), season, episode),
        title=f"Episode {episode}",
        stage=stage,
        progress_ratio=progress.get(stage, 0.0),
        release=release if stage is Stage.DOWNLOADING else None,
        air_at=NOW - timedelta(days=number % 900, minutes=episode),
        last_search_at=NOW - timedelta(hours=episode) if stage is Stage.QUEUED else None,
        stage_entered_at=NOW - timedelta(minutes=number + episode),
    )


def series_view(number: int, *, is_active: bool, turn: int = 0) -> SeriesView:
    """One series of 60 episodes; the last season of an active one is under way."""
    seasons: list[SeasonView] = []
    for season in range(1, SEASONS + 1):
        under_way = is_active and season == SEASONS
        episodes = tuple(
            _episode(number, season, e, is_active=under_way, turn=turn)
            for e in range(1, EPISODES_PER_SEASON + 1)
        )
        tally = _tally(episodes)
        stage = next(s for s in TELLING_ORDER if tally.count(s))
        seasons.append(
            SeasonView(
                season=season,
                is_active=under_way,
                stage=stage,
                tally=tally,
                available_from_statistics=tally.available,
                episodes=episodes,
            )
        )
    everything = [e for season in seasons for e in season.episodes or ()]
    tally = _tally(everything)
    return SeriesView(
        key=SeriesKey(SonarrName("tv"), TvdbId(70_000 + number * 37)),
        title=f"A Show with a Title {number}",
        title_slug=f"a-show-with-a-title-{number}",
        series_type="standard",
        year=1960 + number % 66,
        stage=next(s for s in TELLING_ORDER if tally.count(s)),
        tally=tally,
        seasons=tuple(seasons),
    )


def snapshot_of(series: Mapping[SeriesKey, SeriesView]) -> Snapshot:
    """A snapshot of nothing but a library."""
    return Snapshot(
        at=NOW,
        is_complete=True,
        series_by_key=series,
        downloads=(),
        requests=(),
        deletions=(),
        upstreams=(UpstreamHealth(name="tv", system=System.SONARR, is_up=True),),
        inventory_pending_by_sonarr={SonarrName("tv"): 0},
        held_disappearances_by_sonarr={SonarrName("tv"): 0},
        unmatched_series_by_upstream={},
    )


def _timed[T](work: Callable[[], T]) -> tuple[float, T]:
    start = perf_counter()
    result = work()
    return perf_counter() - start, result


def _stepped(exposition: Exposition, snapshot: Snapshot) -> tuple[float, float, Bodies]:
    """Whole time, longest step, and the bodies."""
    start = last = perf_counter()
    longest = 0.0
    steps = exposition.update_steps(snapshot, Counters())
    while True:
        try:
            next(steps)
        except StopIteration as done:
            end = perf_counter()
            return end - start, max(longest, end - last), done.value
        now = perf_counter()
        longest, last = max(longest, now - last), now


def measure(series: int, wanted_samples: int, runs: int = 5) -> Figures:
    """Render a library of `series` of 60 episodes with about so many samples."""
    # A series at rest has about 22 samples, one under way about 150 more.
    active = max(0, min(series, (wanted_samples - 22 * series) // 118))
    views = [series_view(n, is_active=n < active) for n in range(series)]
    library = {view.key: view for view in views}
    exposition = Exposition(instruments=Instruments())
    first, longest, bodies = _stepped(exposition, snapshot_of(library))
    changed: list[tuple[float, float, Bodies]] = []
    for turn in range(1, runs + 1):
        for n in range(0, series, 100):
            view = series_view(n, is_active=n < active, turn=turn)
            library[view.key] = replace(
                view, seasons=(*library[view.key].seasons[:-1], view.seasons[-1])
            )
        changed.append(_stepped(exposition, snapshot_of(dict(library))))
    same = snapshot_of(library)
    unchanged = [_stepped(exposition, same)[0] for _ in range(runs)]
    plain, text = _timed(lambda: b"".join(bodies.text))
    baseline = render(text.decode(), runs=1)
    return Figures(
        series=series,
        episodes=series * SEASONS * EPISODES_PER_SEASON,
        samples=baseline.samples,
        text_bytes=len(text),
        gzip_bytes=sum(map(len, bodies.gzip_text)),
        first_seconds=first,
        longest_step_seconds=longest,
        one_percent_seconds=statistics.median(run[0] for run in changed),
        one_percent_longest_step_seconds=max(run[1] for run in changed),
        unchanged_seconds=statistics.median(unchanged),
        plain_join_seconds=plain,
        library_text_seconds=baseline.text_seconds,
        library_openmetrics_gzip_seconds=baseline.openmetrics_gzip_seconds,
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--series", type=int, default=1_700)
    parser.add_argument("--samples", type=int, default=100_000)
    options = parser.parse_args()
    figures = measure(options.series, options.samples)
    sys.stdout.write(json.dumps(figures.report(), indent=2) + "\n")


if __name__ == "__main__":
    main()
