"""The lines of series, seasons and episodes: three levels, of which each keeps what did not change."""

from collections import Counter
from collections.abc import Iterable, Iterator
from enum import StrEnum

from msgspec import Struct

from episodarr.metrics.blocks import BlockCache, Budget, Chunk, Ident, Pieces
from episodarr.metrics.episodes import EPISODE_ROWS
from episodarr.metrics.fragments import NO_DROPS, Dropped, Fragment, printers
from episodarr.metrics.labels import EPISODE_KEY, SEASON_KEY, SERIES_KEY
from episodarr.metrics.library import SEASON_ROWS, SERIES_ROWS
from episodarr.metrics.text import clean, label_block
from episodarr.model.ids import episode_code
from episodarr.model.memo import Memo
from episodarr.model.stage import Stage
from episodarr.model.steps import Steps
from episodarr.model.view import EpisodeView, SeasonView, SeriesView

_SERIES = printers(SERIES_ROWS)
_SEASON = printers(SEASON_ROWS)
_EPISODE = printers(EPISODE_ROWS)
_SEASON_LEAD = SEASON_ROWS[0].name
_EPISODE_LEAD = EPISODE_ROWS[0].name
_SERIES_NAMES = tuple(label.name for label in SERIES_KEY)
_SEASON_NAMES = tuple(label.name for label in SEASON_KEY[len(SERIES_KEY) :])
_EPISODE_NAMES = tuple(label.name for label in EPISODE_KEY[len(SEASON_KEY) :])


class Scope(StrEnum):
    """Which episodes have samples of their own."""

    ACTIVE = "active"
    """Those of active seasons, and every queued one up to a limit."""
    ALL = "all"
    NONE = "none"


_SERIES_BYTES = 4_096
"""Going through a series counts as rendering this many bytes, even if most lines are reused."""


class _Season(Struct, frozen=True, eq=False, gc=False):
    key: str
    allowed: int
    own: Fragment[SeasonView]
    episodes: dict[int, Fragment[EpisodeView]]
    doubles: int


class _Series(Struct, frozen=True, eq=False, gc=False):
    key: str
    allowed: int
    own: Fragment[SeriesView]
    seasons: dict[int, _Season]
    waiting: int
    dropped: Dropped


class LibraryTree:
    """All series of a library, with their seasons and the episodes that `scope` lets through."""

    names = (
        *(row.name for row in SERIES_ROWS),
        *(row.name for row in SEASON_ROWS),
        *(row.name for row in EPISODE_ROWS),
    )
    """The families, in the order of the chunks."""

    def __init__(self, scope: Scope, queued_limit: int) -> None:
        self._scope = scope
        self._queued_limit = queued_limit
        self._blocks = BlockCache(len(self.names))
        self._series: dict[Ident, _Series] = {}
        self._rendered: Memo[None] = Memo()
        self._doubles = 0
        self._over_limit = 0

    def update_steps(self, views: Iterable[SeriesView], budget: Budget) -> Steps[None]:
        """Render what changed. May be left at any step: the next call goes on."""
        given = tuple(views)
        return self._rendered.steps(given, lambda: self._changed_steps(given, budget))

    def _changed_steps(self, views: Iterable[SeriesView], budget: Budget) -> Steps[None]:
        wanted: dict[Ident, SeriesView] = {}
        doubles = 0
        for view in views:
            if wanted.setdefault((clean(view.key.sonarr), view.key.tvdb_id), view) is not view:
                doubles += 1
        self._doubles = doubles
        for ident in self._series.keys() - wanted.keys():
            del self._series[ident]
            self._blocks.drop(ident)
        left, over = self._queued_limit, 0
        # In order of their keys, so that the limit always cuts at the same place.
        for ident in sorted(wanted):
            view, known = wanted[ident], self._series.get(ident)
            is_same = known is not None and known.own.view is view
            waiting = known.waiting if known is not None and is_same else self._waiting(view)
            allowed = min(waiting, left)
            left -= allowed
            over += waiting - allowed
            if known is not None and is_same and known.allowed == allowed:
                continue
            series = yield from self._render_steps(view, known, waiting, allowed, budget)
            self._series[ident] = series
            self._blocks.put(ident, _pieces(series))
            if budget.is_due(_SERIES_BYTES):
                yield
        self._over_limit = over
        yield from self._blocks.settle_steps(budget)

    def chunks(self) -> list[Chunk]:
        """One per family, as of the last update."""
        return self._blocks.chunks()

    def dropped(self) -> Counter[str]:
        """What was left out, by family; episodes over the limit count under their first family."""
        total = Counter({SERIES_ROWS[0].name: self._doubles, _EPISODE_LEAD: self._over_limit})
        for series in self._series.values():
            if series.dropped:
                total.update(series.dropped)
        return total

    def _waiting(self, view: SeriesView) -> int:
        """Queued episodes outside active seasons: those that the limit is for."""
        if self._scope is not Scope.ACTIVE:
            return 0
        return sum(
            episode.stage is Stage.QUEUED
            for season in _distinct(view.seasons)
            if not season.is_active and season.episodes
            for episode in season.episodes
        )

    def _render_steps(
        self, view: SeriesView, old: _Series | None, waiting: int, allowed: int, budget: Budget
    ) -> Steps[_Series]:
        key = label_block(_SERIES_NAMES, (view.key.sonarr, str(view.key.tvdb_id), view.title))
        # A new title is in every line below; otherwise what is the same object keeps its lines.
        kept = old if old is not None and old.key == key else None
        own = kept.own if kept is not None and kept.own.view is view else None
        own = own or Fragment.of(_SERIES, key, view)
        seasons: dict[int, _Season] = {}
        left = allowed
        for season in _distinct(view.seasons):
            before = kept.seasons.get(season.season) if kept is not None else None
            rendered = yield from self._season_steps(season, before, key, left, budget)
            seasons[season.season] = rendered
            left -= rendered.allowed
        dropped = _all_dropped(own, seasons.values(), len(view.seasons) - len(seasons))
        return _Series(key, allowed, own, seasons, waiting, dropped)

    def _season_steps(
        self, view: SeasonView, old: _Season | None, series_key: str, left: int, budget: Budget
    ) -> Steps[_Season]:
        episodes, allowed = self._exported(view, left)
        if old is not None and old.own.view is view and old.allowed == allowed:
            return old
        key = f"{series_key},{label_block(_SEASON_NAMES, (str(view.season),))}"
        own = Fragment.of(_SEASON, key, view)
        known = {} if old is None else old.episodes
        fragments: dict[int, Fragment[EpisodeView]] = {}
        doubles = 0
        for episode in episodes:
            number = episode.key.episode
            if number in fragments:
                doubles += 1
                continue
            fragment = known.get(number)
            if fragment is None or fragment.view is not episode:
                fragment = Fragment.of(_EPISODE, _episode_key(key, view.season, number), episode)
                # Within a season too: that of a pack has a thousand episodes.
                if budget.is_due(_size(fragment.lines)):
                    yield
            fragments[number] = fragment
        if budget.is_due(_size(own.lines)):
            yield
        return _Season(key, allowed, own, fragments, doubles)

    def _exported(self, view: SeasonView, left: int) -> tuple[list[EpisodeView], int]:
        """The episodes that get samples, in order, and how many of them count against the limit."""
        if not view.episodes or self._scope is Scope.NONE:
            return [], 0
        episodes = sorted(view.episodes, key=lambda episode: episode.key.episode)
        if self._scope is Scope.ALL or view.is_active:
            return episodes, 0
        queued = [episode for episode in episodes if episode.stage is Stage.QUEUED][:left]
        return queued, len(queued)


def _distinct(seasons: Iterable[SeasonView]) -> Iterable[SeasonView]:
    """The first of each number."""
    first: dict[int, SeasonView] = {}
    for season in seasons:
        first.setdefault(season.season, season)
    return first.values()


def _episode_key(season_key: str, season: int, episode: int) -> str:
    values = (str(episode), episode_code(season, episode))
    return f"{season_key},{label_block(_EPISODE_NAMES, values)}"


def _pieces(series: _Series) -> tuple[Pieces, ...]:
    """The lines by family, for the shelf."""
    seasons = [series.seasons[number] for number in sorted(series.seasons)]
    episodes = [
        season.episodes[number].lines for season in seasons for number in sorted(season.episodes)
    ]
    return (
        *((line,) if line else () for line in series.own.lines),
        *_columns([season.own.lines for season in seasons], len(_SEASON)),
        *_columns(episodes, len(_EPISODE)),
    )


def _columns(rows: list[tuple[bytes, ...]], width: int) -> Iterator[Pieces]:
    if not rows:
        return iter(((),) * width)
    return (tuple(filter(None, column)) for column in zip(*rows, strict=True))


def _size(lines: tuple[bytes, ...]) -> int:
    return sum(map(len, lines))


def _all_dropped(own: Fragment[SeriesView], seasons: Iterable[_Season], doubles: int) -> Dropped:
    total: Counter[str] = Counter(own.dropped)
    if doubles:
        total[_SEASON_LEAD] += doubles
    for season in seasons:
        if season.doubles:
            total[_EPISODE_LEAD] += season.doubles
        for dropped in (season.own.dropped, *(e.dropped for e in season.episodes.values())):
            if dropped:
                total.update(dropped)
    return total or NO_DROPS
