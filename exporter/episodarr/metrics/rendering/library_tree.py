"""The lines of series, seasons and episodes: three levels, of which each keeps what did not change."""

from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType

from msgspec import Struct

from episodarr.metrics.episodes import EPISODE_ROWS
from episodarr.metrics.labels import EPISODE_KEY, SEASON_KEY, SERIES_KEY
from episodarr.metrics.library import SEASON_ROWS, SERIES_ROWS
from episodarr.metrics.rendering.blocks import BlockCache, Budget, Chunk, Ident
from episodarr.metrics.rendering.fragments import NO_DROPS, Dropped, printers, rendered
from episodarr.metrics.rendering.levels import Level, Rows
from episodarr.metrics.rendering.text import clean, label_block
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
_NONE_DROPPED: Mapping[int, Dropped] = MappingProxyType({})


class Scope(StrEnum):
    """Which episodes have samples of their own."""

    ACTIVE = "active"
    """Those of active seasons, and every queued one up to a limit."""
    ALL = "all"
    NONE = "none"


_SERIES_BYTES = 4_096
"""Going through a series counts as rendering this many bytes, even if most lines are reused."""
_SAME_SERIES_BYTES = 64
"""Seeing that a series is the same object counts as this many."""


class _Season(Struct, frozen=True, eq=False, gc=False):
    """What a season's lines stand for, and what is left out of them."""

    view: SeasonView
    allowed: int
    episodes: Sequence[EpisodeView]
    """Those with lines, in order."""
    own_dropped: Dropped
    dropped_by_episode: Mapping[int, Dropped]


class _Series(Struct, frozen=True, eq=False, gc=False):
    """What a series' lines stand for, and what is left out of them."""

    view: SeriesView
    key: str
    allowed: int
    waiting: int
    seasons: tuple[_Season, ...]
    """In the order of their numbers."""
    own_dropped: Dropped
    dropped: Dropped
    """Of the series with its seasons and episodes."""


class _Lines:
    """The items of one level while they are collected: taken over, or rendered."""

    def __init__(self) -> None:
        self.order = array("i")
        self.rendered: list[Rows] = []

    def keep(self, places: Iterable[int]) -> None:
        """Take over the items that stood at these places."""
        self.order.extend(places)

    def add(self, rows: Rows) -> None:
        """Add an item that was rendered."""
        self.rendered.append(rows)
        self.order.append(-len(self.rendered))

    def level(self) -> Level:
        """All of them."""
        return Level(self.order, self.rendered)


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
        self._blocks = BlockCache((len(_SERIES), len(_SEASON), len(_EPISODE)))
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
            is_same = known is not None and known.view is view
            waiting = known.waiting if known is not None and is_same else self._waiting(view)
            allowed = min(waiting, left)
            left -= allowed
            over += waiting - allowed
            if known is not None and is_same and known.allowed == allowed:
                if budget.is_due(_SAME_SERIES_BYTES):
                    yield
                continue
            rendering = _Rendering(self._scope, known, view, budget)
            self._series[ident] = yield from rendering.steps(waiting, allowed)
            self._blocks.put(ident, rendering.levels())
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
        return sum(_queued(s) for s in _distinct(view.seasons) if not s.is_active)


class _Rendering:
    """One series while it is rendered: what is the same object as before keeps its lines."""

    def __init__(self, scope: Scope, old: _Series | None, view: SeriesView, budget: Budget) -> None:
        self._scope = scope
        self._view = view
        self._budget = budget
        self._key = label_block(_SERIES_NAMES, (view.key.sonarr, str(view.key.tvdb_id), view.title))
        # A new title is in every line below.
        self._old = old if old is not None and old.key == self._key else None
        self._former = _former_places(self._old)
        self._own, self._seasons, self._episodes = _Lines(), _Lines(), _Lines()

    def levels(self) -> tuple[Level, ...]:
        """The lines, once all steps are done."""
        return self._own.level(), self._seasons.level(), self._episodes.level()

    def steps(self, waiting: int, allowed: int) -> Steps[_Series]:
        """Render what is another object; returns what all lines stand for."""
        old, view = self._old, self._view
        if old is not None and old.view is view:
            self._own.keep((0,))
            own_dropped = old.own_dropped
        else:
            lines, own_dropped = rendered(_SERIES, self._key, view)
            self._own.add(lines)
        exported: dict[int, tuple[SeasonView, int]] = {}
        left = allowed
        for season in _distinct(view.seasons):
            count = 0 if _is_whole(self._scope, season) else min(_queued(season), left)
            exported[season.season] = season, count
            left -= count
        seasons: list[_Season] = []
        for number in sorted(exported):
            found = yield from self._season_steps(*exported[number])
            seasons.append(found)
        doubles = len(view.seasons) - len(seasons)
        dropped = _all_dropped(own_dropped, seasons, doubles)
        return _Series(view, self._key, allowed, waiting, tuple(seasons), own_dropped, dropped)

    def _season_steps(self, view: SeasonView, allowed: int) -> Steps[_Season]:
        old, place, first = self._former.get(view.season, (None, 0, 0))
        if old is not None and old.view is view and old.allowed == allowed:
            self._seasons.keep((place,))
            self._episodes.keep(range(first, first + len(old.episodes)))
            return old
        key = f"{self._key},{label_block(_SEASON_NAMES, (str(view.season),))}"
        lines, own = rendered(_SEASON, key, view)
        self._seasons.add(lines)
        shown: dict[int, EpisodeView] = {}
        episodes = _exported(self._scope, view, allowed)
        for episode in episodes:
            shown.setdefault(episode.key.episode, episode)
        if doubles := len(episodes) - len(shown):
            own = Counter(own) + Counter({_EPISODE_LEAD: doubles})
        dropped = yield from self._episode_steps(key, view.season, shown, old, first)
        if self._budget.is_due(sum(map(len, lines))):
            yield
        kept: Sequence[EpisodeView] = tuple(shown.values())
        if view.episodes is not None and view.episodes == kept:
            kept = view.episodes  # They may be packed.
        return _Season(view, allowed, kept, own, dropped)

    def _episode_steps(
        self,
        season_key: str,
        season: int,
        shown: Mapping[int, EpisodeView],
        old: _Season | None,
        first: int,
    ) -> Steps[Mapping[int, Dropped]]:
        """Render the episodes of one season; returns what is left out of each."""
        old_episodes = enumerate(old.episodes if old is not None else (), first)
        former = {e.key.episode: (place, e) for place, e in old_episodes}
        all_dropped: dict[int, Dropped] = {}
        for number, episode in shown.items():
            place, before = former.get(number, (0, None))
            if old is not None and before == episode:
                self._episodes.keep((place,))
                dropped = old.dropped_by_episode.get(number, NO_DROPS)
            else:
                key = _episode_key(season_key, season, number)
                lines, dropped = rendered(_EPISODE, key, episode)
                self._episodes.add(lines)
                # Within a season too: that of a pack has a thousand episodes.
                if self._budget.is_due(sum(map(len, lines))):
                    yield
            if dropped:
                all_dropped[number] = dropped
        return all_dropped or _NONE_DROPPED


def _former_places(old: _Series | None) -> Mapping[int, tuple[_Season, int, int]]:
    """Each former season with its place among them, and that of its first episode among all."""
    found: dict[int, tuple[_Season, int, int]] = {}
    first = 0
    for place, season in enumerate(old.seasons if old is not None else ()):
        found[season.view.season] = season, place, first
        first += len(season.episodes)
    return found


def _is_whole(scope: Scope, view: SeasonView) -> bool:
    """Whether all of its episodes get samples, however many are allowed."""
    return scope is Scope.ALL or (scope is Scope.ACTIVE and view.is_active)


def _queued(view: SeasonView) -> int:
    return view.tally.count(Stage.QUEUED) if view.tally is not None and view.episodes else 0


def _exported(scope: Scope, view: SeasonView, allowed: int) -> list[EpisodeView]:
    """The episodes that get samples, in order; of a quiet season so many that are queued."""
    is_whole = _is_whole(scope, view)
    if not view.episodes or not (is_whole or allowed):
        return []
    episodes = sorted(view.episodes, key=lambda episode: episode.key.episode)
    if is_whole:
        return episodes
    return [episode for episode in episodes if episode.stage is Stage.QUEUED][:allowed]


def _distinct(seasons: Iterable[SeasonView]) -> Iterable[SeasonView]:
    """The first of each number."""
    first: dict[int, SeasonView] = {}
    for season in seasons:
        first.setdefault(season.season, season)
    return first.values()


def _episode_key(season_key: str, season: int, episode: int) -> str:
    values = (str(episode), episode_code(season, episode))
    return f"{season_key},{label_block(_EPISODE_NAMES, values)}"


def _all_dropped(own: Dropped, seasons: Iterable[_Season], doubles: int) -> Dropped:
    total: Counter[str] = Counter(own)
    if doubles:
        total[_SEASON_LEAD] += doubles
    for season in seasons:
        for dropped in (season.own_dropped, *season.dropped_by_episode.values()):
            if dropped:
                total.update(dropped)
    return total or NO_DROPS
