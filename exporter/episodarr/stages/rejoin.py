"""Join a series again, evaluating only the episodes whose inputs changed.

Gives: what `join_steps` gives with the clocks of the former view. Law: an equal result is the same
object as before, so that rendering finds by identity what it has to repeat.
"""

from collections.abc import Iterable, Mapping, Sequence, Set
from datetime import datetime

from msgspec.structs import replace

from episodarr.model.ids import SonarrEpisodeId
from episodarr.model.library import Episode
from episodarr.model.packed import Packed
from episodarr.model.stage import Stage
from episodarr.model.steps import Steps
from episodarr.model.view import EpisodeView, SeasonView, SeriesView
from episodarr.stages.classify import Availability
from episodarr.stages.downloads.record import Download
from episodarr.stages.inputs import SeriesDetail, SeriesInputs
from episodarr.stages.series import (
    EPISODES_PER_STEP,
    Alarms,
    JoinedSeries,
    clock_of,
    clocks_of,
    episode_download_steps,
    in_order,
    join_steps,
    joined,
    joined_episode,
    season_view,
    series_view,
)


def rejoin_steps(inputs: SeriesInputs, now: datetime, last: JoinedSeries) -> Steps[JoinedSeries]:
    """The view of one series after its former one, whose view stands in for the inputs' clocks.

    A series whose episodes had not been read is joined with the clocks of the inputs. Comes in steps
    of a few milliseconds, for series of a thousand episodes.
    """
    if inputs.detail is None or last.inputs.detail is None:
        return (yield from join_steps(inputs, now))
    changed_now = changed_episodes(last, inputs, now)
    if changed_now is None:
        clocks = clocks_of(last.view.seasons)
        again = yield from join_steps(replace(inputs, clocks=clocks), now)
        return replace(again, view=_same_view(again.view, last.view))
    seasons, alarms = yield from _season_steps(inputs, inputs.detail, last, changed_now, now)
    view = series_view(inputs, seasons)
    return joined(inputs, last.view if view == last.view else view, alarms)


def _season_steps(
    inputs: SeriesInputs,
    detail: SeriesDetail,
    last: JoinedSeries,
    changed_now: Set[SonarrEpisodeId],
    now: datetime,
) -> Steps[tuple[tuple[SeasonView, ...], Alarms]]:
    """The seasons of the former view, joined again where they hold one of these episodes."""
    alarms = {i: at for i, at in last.alarms.items() if i not in changed_now}
    by_season: dict[int, list[Episode]] = {
        e.season: [] for e in detail.episodes if e.sonarr_id in changed_now
    }
    for episode in detail.episodes:
        if episode.season in by_season:
            by_season[episode.season].append(episode)
    statistics = {s.season: s for s in inputs.series.seasons}
    episode_downloads = yield from episode_download_steps(inputs, detail, now)
    seasons: list[SeasonView] = []
    for season in last.view.seasons:
        if season.season not in by_season:
            seasons.append(season)
            continue
        views: list[EpisodeView] = []
        pairs = zip(in_order(by_season[season.season]), season.episodes or (), strict=True)
        for done, (episode, old) in enumerate(pairs, start=1):
            if done % EPISODES_PER_STEP == 0:
                yield
            view = old
            if episode.sonarr_id in changed_now:
                clock = clock_of(old)
                there = episode_downloads.get(episode.sonarr_id, ())
                view = joined_episode(inputs, detail, episode, there, clock, alarms, now)
            views.append(old if view == old else view)
        again = season_view(inputs, season.season, tuple(views), statistics.get(season.season), now)
        seasons.append(season if again == season else again)
    return tuple(seasons), alarms


def changed_episodes(
    last: JoinedSeries, inputs: SeriesInputs, now: datetime
) -> Set[SonarrEpisodeId] | None:
    """The episodes whose view may differ from the former result; None: any of them."""
    before = last.inputs
    if (
        before.series is not inputs.series
        or before.detail is not inputs.detail
        or before.counts_specials != inputs.counts_specials
        or (before.asks_jellyfin, before.asks_shoko) != (inputs.asks_jellyfin, inputs.asks_shoko)
        or before.requested_seasons != inputs.requested_seasons
        or before.unfinished_seasons != inputs.unfinished_seasons
        or before.links != inputs.links
        or tuple(before.commands) != tuple(inputs.commands)
    ):
        return None
    changed_now = {i for i, at in last.alarms.items() if at <= now}
    changed_now |= before.grab_counts_until.keys() | inputs.grab_counts_until.keys()
    changed_now |= before.lost_grabs | inputs.lost_grabs
    with_history = before.episode_histories.keys() | inputs.episode_histories.keys()
    changed_now |= {
        i
        for i in with_history
        if before.episode_histories.get(i) is not inputs.episode_histories.get(i)
    }
    numbers = _unmatched_before(last, inputs)
    for download in _different_downloads(before.downloads, inputs.downloads):
        changed_now |= {row.episode_id for row in download.rows if row.episode_id is not None}
        numbers.update(download.further)
    if before.jellyfin is not inputs.jellyfin or before.shoko is not inputs.shoko:
        numbers |= _differing(before.jellyfin, inputs.jellyfin)
        numbers |= _differing(before.shoko, inputs.shoko)
    if numbers:
        episodes = inputs.detail.episodes if inputs.detail is not None else ()
        changed_now |= {e.sonarr_id for e in episodes if (e.season, e.episode) in numbers}
    return changed_now


def _unmatched_before(last: JoinedSeries, inputs: SeriesInputs) -> set[tuple[int, int]]:
    """Imports without an answer of a system that is queried: then the former stage decides."""
    answers = [
        answer
        for is_asked, answer in (
            (inputs.asks_jellyfin, inputs.jellyfin),
            (inputs.asks_shoko, inputs.shoko),
        )
        if is_asked
    ]
    return {
        number
        for season in (last.view.seasons if answers else ())
        if season.tally is not None and season.tally.count(Stage.IMPORTING)
        for e in season.episodes or ()
        if e.stage is Stage.IMPORTING
        and not all((number := (e.key.season, e.key.episode)) in answer for answer in answers)
    }


def _different_downloads(
    before: Sequence[Download], after: Sequence[Download]
) -> Iterable[Download]:
    """The downloads that are other objects now, and those whose ETA comes from their rows."""
    old, new = {id(d): d for d in before}, {id(d): d for d in after}
    for place, download in (*old.items(), *new.items()):
        if place not in old or place not in new or download.torrent is None:
            yield download


def _differing(
    before: Mapping[tuple[int, int], Availability], after: Mapping[tuple[int, int], Availability]
) -> set[tuple[int, int]]:
    return {n for n in before.keys() | after.keys() if before.get(n) is not after.get(n)}


def _same_view(view: SeriesView, before: SeriesView) -> SeriesView:
    """The former object, or one made of the former's parts, where they are equal."""
    if view == before:
        return before
    old = {season.season: season for season in before.seasons}
    return replace(view, seasons=tuple(_same_season(s, old.get(s.season)) for s in view.seasons))


def _same_season(season: SeasonView, before: SeasonView | None) -> SeasonView:
    if before is None or season.episodes is None or season == before:
        return before if before == season else season
    if isinstance(season.episodes, Packed):
        return season  # Its episodes are no objects that could stay the same.
    old = {e.key: e for e in before.episodes or ()}
    return replace(season, episodes=tuple(_same(e, old.get(e.key)) for e in season.episodes))


def _same(episode: EpisodeView, before: EpisodeView | None) -> EpisodeView:
    return before if before is not None and before == episode else episode
