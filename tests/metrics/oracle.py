"""What a page must hold, computed the long way: no fragments, no blocks, no order."""

from collections import Counter
from collections.abc import Sequence

from episodarr.metrics.deletions import DELETION_ROWS
from episodarr.metrics.downloads import DOWNLOAD_ROWS
from episodarr.metrics.episodes import EPISODE_ROWS
from episodarr.metrics.family import ViewFamily
from episodarr.metrics.health import SNAPSHOT_ROWS, UPSTREAM_ROWS
from episodarr.metrics.library import SEASON_ROWS, SERIES_ROWS
from episodarr.metrics.rendering.text import clean, is_finite
from episodarr.metrics.requests import REQUEST_ROWS
from episodarr.model.deletion import is_shown
from episodarr.model.ids import episode_code
from episodarr.model.stage import Stage
from episodarr.model.view import EpisodeView, SeriesView, Snapshot
from tests.metrics.reading import Key


class Oracle:
    """The samples of all view families of one snapshot, and what is left out of them."""

    def __init__(self, snapshot: Snapshot, scope: str = "active", limit: int = 5_000) -> None:
        self.samples: dict[Key, float] = {}
        self.dropped: Counter[str] = Counter()
        self._seen: set[tuple[str, ...]] = set()
        self._scope = scope
        self._left = limit
        for series in sorted(
            snapshot.series_by_key.values(), key=lambda s: (clean(s.key.sonarr), s.key.tvdb_id)
        ):
            self._series(series)
        for download in snapshot.downloads:
            self._object(DOWNLOAD_ROWS, [download.sonarr, download.download_id], download)
        for request in snapshot.requests:
            self._object(REQUEST_ROWS, [str(request.request_id)], request)
        for deletion in snapshot.deletions:
            if is_shown(deletion, snapshot.at):
                key = [deletion.deletion_id, deletion.series]
                self._object(DELETION_ROWS, key, deletion, title_at=1)
        for upstream in snapshot.upstreams:
            self._object(UPSTREAM_ROWS, [upstream.name, upstream.system.value], upstream)
        self._object(SNAPSHOT_ROWS, [], snapshot)

    def _object[V](
        self,
        rows: Sequence[ViewFamily[V]],
        key: Sequence[str],
        view: V,
        title_at: int | None = None,
    ) -> bool:
        """Take an object's samples, unless there was one of the same key, titles aside."""
        told_apart_by = [part for place, part in enumerate(key) if place != title_at]
        marked = (rows[0].name, *map(clean, told_apart_by))
        if marked in self._seen:
            self.dropped[rows[0].name] += 1
            return False
        self._seen.add(marked)
        for row in rows:
            values: dict[Key, float] = {}
            for own, value in row.samples(view):
                pairs = zip(row.label_names, map(clean, (*key, *own)), strict=True)
                values.setdefault((row.name, frozenset(pairs)), float(value))
            kept = dict(list(values.items())[: row.limit])
            good = {k: v for k, v in kept.items() if is_finite(v)}
            self.dropped[row.name] += len(row.samples(view)) - len(good)
            self.samples |= good
        return True

    def _series(self, series: SeriesView) -> None:
        key = [series.key.sonarr, str(series.key.tvdb_id), series.title]
        if not self._object(SERIES_ROWS, key, series, title_at=2):
            return
        for season in series.seasons:
            where = [*key, str(season.season)]
            if not self._object(SEASON_ROWS, where, season, title_at=2):
                continue
            for episode in self._exported(season.episodes or (), is_active=season.is_active):
                number = episode.key.episode
                full = [*where, str(number), episode_code(season.season, number)]
                self._object(EPISODE_ROWS, full, episode, title_at=2)

    def _exported(
        self, episodes: Sequence[EpisodeView], *, is_active: bool
    ) -> Sequence[EpisodeView]:
        ordered = sorted(episodes, key=lambda e: e.key.episode)
        if self._scope == "none":
            return ()
        if self._scope == "all" or is_active:
            return ordered
        queued = [e for e in ordered if e.stage is Stage.QUEUED]
        kept = queued[: self._left]
        self._left -= len(kept)
        self.dropped[EPISODE_ROWS[0].name] += len(queued) - len(kept)
        return kept
