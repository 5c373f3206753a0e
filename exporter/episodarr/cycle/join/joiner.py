"""Turn the state of the systems into views, joining only what changed.

A view that comes out equal to the former one stays the same object, so that renderers see by
identity what to render again.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from episodarr.cycle.join.client_view import ClientView
from episodarr.cycle.join.downloads import Downloads, Step
from episodarr.cycle.join.last_shown import LastShown, NumberClocks
from episodarr.cycle.join.lost import LostGrabs
from episodarr.cycle.join.transitions import Transition, transitions
from episodarr.model.download import SearchCommand
from episodarr.model.ids import EpisodeNumber, SeriesKey, SonarrEpisodeId, SonarrSeriesId
from episodarr.model.library import Series
from episodarr.model.view import NO_LINKS, SeriesView
from episodarr.stages.classify import Availability
from episodarr.stages.inputs import NOTHING, SeriesInputs
from episodarr.stages.rejoin import rejoin_steps
from episodarr.stages.requests import RequestedSeasons
from episodarr.stages.series import JoinedSeries, join_steps
from episodarr.systems.sonarr.state import SonarrState

log = logging.getLogger(__name__)

_NONE_LOST: frozenset[SonarrEpisodeId] = frozenset()
"""One for all: Python makes another each time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerAvailability:
    """The states in Jellyfin and Shoko by (season, episode), and links to the series there."""

    jellyfin: Mapping[EpisodeNumber, Availability] = field(default_factory=dict)
    shoko: Mapping[EpisodeNumber, Availability] = field(default_factory=dict)
    links: Mapping[str, str] = NO_LINKS


@dataclass(frozen=True, slots=True, kw_only=True)
class _Moment:
    """The inputs that all series of one join share."""

    clients: ClientView
    commands: Sequence[SearchCommand]
    availabilities: Mapping[SeriesKey, ServerAvailability]
    requested: Mapping[SeriesKey, RequestedSeasons]
    now: datetime


class SonarrJoiner:
    """The views of one Sonarr."""

    def __init__(
        self,
        state: SonarrState,
        *,
        keep: timedelta,
        counts_specials: bool,
        external_url: str | None,
        seerr_url: str | None = None,
        stored_clocks: Mapping[SeriesKey, NumberClocks] | None = None,
    ) -> None:
        self.state = state
        self.views: dict[SeriesKey, SeriesView] = {}
        self.active: set[SeriesKey] = set()
        """Series that have an active season."""
        self.downloads = Downloads(state)
        self.last_shown = LastShown(state.name, stored_clocks or {})
        """Time in stage counts from there, however often a cycle joins."""
        self._changed: dict[SeriesKey, Mapping[EpisodeNumber, datetime]] = {}
        self._ids: dict[SeriesKey, SonarrSeriesId] = {}
        self._library: object = None
        """The list that the views were compared with last."""
        self._shown: dict[SeriesKey, JoinedSeries] = {}
        """How the published views came about."""
        self._joined: dict[SeriesKey, JoinedSeries] = {}
        """The same of what was joined since."""
        self._keep = keep
        self._counts_specials = counts_specials
        self._external_url = external_url
        self._seerr_url = seerr_url
        self._alarms: dict[SonarrSeriesId, datetime] = {}
        self._lost = LostGrabs()
        self.is_known = False
        self.failed: set[SonarrSeriesId] = set()
        """Series whose join failed with an unexpected error; tried again in each cycle."""
        self.revision = object()
        """Another object whenever a view may be another one, or is gone."""
        self.asks_jellyfin = False
        self.asks_shoko = False
        """Whether these are configured; Shoko is queried for anime only."""

    def take_stored_clocks(self, clocks: Mapping[SeriesKey, NumberClocks]) -> None:
        """Join everything again with these stored clocks, which could not be read before."""
        self.last_shown = LastShown(self.state.name, clocks)
        self.forget()
        self._changed, self._shown, self._joined = {}, {}, {}

    def touch(self, key: SeriesKey) -> None:
        """Join this series again, even if nothing of it changed."""
        if key in self._ids:
            self.state.touched.add(self._ids[key])

    def sonarr_id_of(self, key: SeriesKey) -> SonarrSeriesId:
        """Sonarr's present number of a series that has a view."""
        return self._ids[key]

    def publish(self, now: datetime, found: list[Transition]) -> Iterator[Step]:
        """Note the views as shown; `found` gets the stage changes since they were shown last."""
        for key, grabbed_at in self._changed.items():
            view = self.views.get(key)
            if view is not None:
                found.extend(transitions(self.last_shown.view(key), view, now, grabbed_at))
                self.last_shown.put(view)
                yield None
        self._changed = {}
        self._shown.update(self._joined)
        self._joined = {}

    def join(
        self,
        clients: ClientView,
        availabilities: Mapping[SeriesKey, ServerAvailability],
        requested: Mapping[SeriesKey, RequestedSeasons],
        now: datetime,
        left_out: frozenset[SonarrSeriesId] = frozenset(),
    ) -> Iterator[Step]:
        """Bring the views up to date, in steps.

        Work that is yielded and not done elsewhere is done here. The series in `left_out` are not
        joined this time.
        """
        state = self.state
        series = state.library.series.value(now, self._keep)
        commands = state.commands.value(now, self._keep)
        queue = state.queue.answer.value(now, self._keep)
        history = state.history.value(now, self._keep)
        if series is None or commands is None or queue is None or history is None:
            self.forget()
            return
        moment = _Moment(
            clients=clients,
            commands=commands,
            availabilities=availabilities,
            requested=requested,
            now=now,
        )
        yield from self.downloads.update(series, queue, clients, now)
        self._drop_gone(series)
        for series_id in sorted(self._take_touched(series, now, left_out)):
            record = series.get(series_id)
            if record is None:
                self._alarms.pop(series_id, None)
                continue
            try:
                yield from self._join_one(record, moment)
            except Exception:
                log.exception(
                    "%s could not be joined and is left out. This is a bug: report it", record.key
                )
                self._leave_out(record.key, series_id)
        state.queue.is_in_doubt = bool(self._lost)
        yield from self.downloads.show(now)

    def _take_touched(
        self,
        series: Mapping[SonarrSeriesId, Series],
        now: datetime,
        left_out: frozenset[SonarrSeriesId],
    ) -> set[SonarrSeriesId]:
        """The series to join this time: all of them at first, later those that may have changed."""
        touched = self.state.touched | {i for i, at in self._alarms.items() if at <= now}
        if not self.is_known:
            touched.update(series)
            self.is_known = True
        touched = (touched - left_out) | (self.failed & series.keys())
        self.state.touched, self.failed = set(left_out), set()
        if touched:
            self.revision = object()
        return touched

    def _drop_gone(self, series: Mapping[SonarrSeriesId, Series]) -> None:
        """Forget the views of series that the list has no more."""
        if series is self._library:
            return
        self._library = series
        for key in self.views.keys() - {s.key for s in series.values()}:
            self.revision = object()
            for by_key in (self.views, self._shown, self._joined, self._changed):
                by_key.pop(key, None)
            self.last_shown.drop(key)
            self._ids.pop(key, None)
            self.active.discard(key)

    def _leave_out(self, key: SeriesKey, series_id: SonarrSeriesId) -> None:
        """Show nothing of a series that cannot be joined; its stage clocks are kept."""
        self.views.pop(key, None)
        self._joined.pop(key, None)
        self._changed.pop(key, None)
        self.active.discard(key)
        self._alarms.pop(series_id, None)
        self.failed.add(series_id)

    def forget(self) -> None:
        """Show nothing: facts are missing, too old or odd. Later all series are joined again."""
        self.revision = object()
        self.is_known = False
        self.views = {}
        self.active = set()
        self.downloads.forget_views()
        self._alarms = {}

    def _join_one(self, series: Series, moment: _Moment) -> Iterator[Step]:
        before, last = self.last_shown.view(series.key), self._shown.get(series.key)
        inputs = self._inputs(series, moment, last)
        if last is None:
            joined = yield from join_steps(inputs, moment.now)
        else:
            joined = yield from rejoin_steps(inputs, moment.now, last)
        yield None
        self._joined[series.key] = joined
        if joined.changes_at is not None:
            self._alarms[series.sonarr_id] = joined.changes_at
        else:
            self._alarms.pop(series.sonarr_id, None)
        self._ids[series.key] = series.sonarr_id
        self._take_view(joined.view, before)
        self._changed[series.key] = _grab_times(inputs) if joined.view is not before else {}

    def _inputs(self, series: Series, moment: _Moment, last: JoinedSeries | None) -> SeriesInputs:
        """The inputs of one series: its library, downloads, availability and requests."""
        detail = self.state.details.get(series.sonarr_id)
        by_episode = self.state.episode_histories.by_episode
        episode_histories = {
            i: episode_history
            for i in (detail.episodes.ids() if detail is not None else ())
            if (episode_history := by_episode.get(i)) is not None
        }
        clocks = self.last_shown.clocks(series.key)
        is_watched = last is not None and last.inputs.detail is not None
        lost = self._lost.counting(
            detail.episodes if detail is not None and episode_histories else (),
            episode_histories,
            None if is_watched else clocks,
            queued=self.downloads,
            is_unreachable=lambda grab: (
                moment.clients.is_out_of_reach(grab)
                or self.state.queue.is_client_out_of_reach(grab.client)
            ),
            now=moment.now,
        )
        until = {
            i: lost.get(i) or self.state.grab_counts_until(i, moment.now) for i in episode_histories
        }
        availability = moment.availabilities.get(series.key, ServerAvailability())
        requested = moment.requested.get(series.key, RequestedSeasons())
        return SeriesInputs(
            series=series,
            detail=detail,
            downloads=self.downloads.of(series.sonarr_id),
            commands=moment.commands,
            episode_histories=episode_histories or NOTHING,
            grab_counts_until={i: at for i, at in until.items() if at is not None} or NOTHING,
            jellyfin=availability.jellyfin,
            shoko=availability.shoko,
            requested_seasons=requested.seasons,
            unfinished_seasons=requested.unfinished_seasons,
            lost_grabs=frozenset(lost) if lost else _NONE_LOST,
            clocks=clocks,
            asks_jellyfin=self.asks_jellyfin,
            asks_shoko=self.asks_shoko and series.is_anime,
            counts_specials=self._counts_specials,
            links=self._links(series, availability),
        )

    def _take_view(self, view: SeriesView, before: SeriesView | None) -> None:
        """Keep the object that is shown already where nothing differs."""
        key = view.key
        self.views[key] = before if before is not None and before == view else view
        if any(season.is_active for season in view.seasons):
            self.active.add(key)
            self.state.details.active.add(self._ids[key])
        else:
            self.active.discard(key)
            self.state.details.active.discard(self._ids[key])

    def _links(self, series: Series, availability: ServerAvailability) -> Mapping[str, str]:
        own: dict[str, str] = {}
        if self._external_url is not None:
            own["sonarr"] = f"{self._external_url}/series/{series.title_slug}"
        if self._seerr_url is not None and series.tmdb_id:
            own["seerr"] = f"{self._seerr_url}/tv/{series.tmdb_id}"
        return {**own, **availability.links} if own else availability.links


def _grab_times(inputs: SeriesInputs) -> dict[EpisodeNumber, datetime]:
    """The time of each episode's last grab, from its history."""
    return {
        (e.season, e.episode): episode_history.last_grab.at
        for e in (inputs.detail.episodes if inputs.detail and inputs.episode_histories else ())
        if (episode_history := inputs.episode_histories.get(e.sonarr_id)) is not None
        and episode_history.last_grab is not None
    }
