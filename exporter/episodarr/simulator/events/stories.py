"""Events that consist of events: a fulfilled request, a library with constant changes."""

from __future__ import annotations

import functools
from collections.abc import Sequence

from episodarr.simulator.events import webhooks
from episodarr.simulator.events.intake import SeasonPlan, SeriesPlan
from episodarr.simulator.events.services import ServiceEvents
from episodarr.simulator.state.library import Episode, Series
from episodarr.simulator.state.sonarr import SonarrDatabase
from episodarr.simulator.state.torrents import TorrentFile

_SEEDING_KEPT = 100
_HISTORY_KEPT = 20_000
_SEARCH_AFTER_SECONDS = 5.0
_READD_AFTER_SECONDS = 120.0


class StoryEvents(ServiceEvents):
    """Chains of events."""

    def request_and_download(
        self,
        sonarr: str,
        plan: SeriesPlan,
        seasons: Sequence[int],
        *,
        user: str = "alex",
        seconds: float = 120.0,
    ) -> int:
        """A show is requested, added, searched for, found as season packs, and downloaded.

        Import, Shoko's match, Jellyfin's scan and Seerr's sync follow in their own time.

        Args:
            sonarr: The instance's name.
            plan: The series; its aired episodes of those seasons are downloaded.
            seasons: The requested seasons.
            user: The requesting user.
            seconds: How long each download takes.

        Returns:
            The request's id.
        """
        request = self.request_series(sonarr, plan.tvdb_id, seasons, user=user, plan=plan)
        for season in seasons:
            search = functools.partial(self._search_season, sonarr, plan, season, seconds)
            self.after(_SEARCH_AFTER_SECONDS, search)
        return request

    def _search_season(self, sonarr: str, plan: SeriesPlan, season: int, seconds: float) -> None:
        state = self.sonarrs[sonarr]
        series = state.by_tvdb.get(plan.tvdb_id)
        wanted = [] if series is None else self._missing(series, season)
        if not wanted:
            return
        codes = [(episode.season, episode.number) for episode in wanted]
        self.search(sonarr, plan.tvdb_id, codes, command="SeasonSearch")
        folder = f"{plan.title} S{season:02d}"
        files = [
            TorrentFile(
                f"{folder}/{plan.title} S{season:02d}E{number:02d}.mkv",
                plan.file_bytes + number,
                weight=1.0 + number % 5,
                episodes=((season, number),),
            )
            for _, number in codes
        ]
        rate = sum(file.size_bytes for file in files) / seconds

        def found() -> None:
            if plan.tvdb_id in state.by_tvdb:
                self.grab(sonarr, plan.tvdb_id, codes, title=folder, files=files, rate=rate)

        self.after(self.lags.search, found)

    def _missing(self, series: Series, season: int | None = None) -> list[Episode]:
        """Monitored, aired episodes without a file."""
        return [
            episode
            for episode in series.episodes
            if episode.monitored
            and not episode.file_id
            and season in {None, episode.season}
            and episode.air_at is not None
            and episode.air_at <= self.now
        ]

    def start_churn(self, sonarr: str, *, seconds: float = 30.0) -> None:
        """From now on something happens at that interval: grabs, upgrades, deletions, re-adding.

        What piles up in a real installation is limited here, so that a long run stays flat: the
        oldest seeding torrents and rows of history go.
        """
        state = self.sonarrs[sonarr]
        self.every(seconds, lambda: self._stir(state))

    def _stir(self, state: SonarrDatabase) -> None:
        self._tidy(state)
        if not state.series:
            return
        series = self.random.choice(list(state.series.values()))
        luck = self.random.random()
        held = [ep for ep in series.episodes if ep.file_id]
        busy = {i for tracked in state.tracked.values() for i in tracked.episode_ids}
        missing = [ep for ep in self._missing(series) if ep.id not in busy]
        if missing and luck < 0.8:
            episode = self.random.choice(missing)
            size = 500_000_000 + self.random.randrange(10**9)
            code = (episode.season, episode.number)
            self.grab(state.name, series.tvdb_id, [code], size_bytes=size, rate=size / 90)
        elif held and luck < 0.6:
            episode = self.random.choice(held)
            if episode.id not in busy:
                self.upgrade(state.name, series.tvdb_id, [(episode.season, episode.number)])
        elif held and luck < 0.9:
            self.delete_season(state.name, series.tvdb_id, self.random.choice(held).season)
        else:
            self._replace(state, series)

    def _replace(self, state: SonarrDatabase, series: Series) -> None:
        """Deletes a series and has it added again later, with as many files as before."""
        seasons: dict[int, SeasonPlan] = {}
        for number in series.season_monitored:
            episodes = [ep for ep in series.episodes if ep.season == number]
            aired = [ep for ep in episodes if ep.air_at is not None and ep.air_at <= self.now]
            seasons[number] = SeasonPlan(
                episodes=len(episodes),
                aired=len(aired),
                files=sum(ep.file_id > 0 for ep in aired),
                monitored=series.season_monitored[number],
            )
        plan = SeriesPlan(
            tvdb_id=series.tvdb_id,
            tmdb_id=series.tmdb_id,
            title=series.title,
            seasons=seasons,
            series_type=series.series_type,
            year=series.year,
            root=series.root,
            status=series.status,
        )
        self.delete_series(state.name, series.tvdb_id)

        def back() -> None:
            if plan.tvdb_id not in state.by_tvdb:
                self.readd_series(state.name, plan)

        self.after(_READD_AFTER_SECONDS, back)

    def _tidy(self, state: SonarrDatabase) -> None:
        for client in self.clients.values():
            known = [t for t in state.tracked.values() if t.series_id is not None]
            followed = {tracked.torrent.hash for tracked in known}
            done = [t.hash for t in client.torrents.values() if t.complete]
            for torrent_hash in [one for one in done if one not in followed][:-_SEEDING_KEPT]:
                client.remove(torrent_hash)
        del state.history[:-_HISTORY_KEPT]

    def set_health(self, sonarr: str, message: str, *, restored: bool = False) -> None:
        """Sonarr's health check complains, or no longer does."""
        state = self.sonarrs[sonarr]
        state.health = [row for row in state.health if row["message"] != message]
        if not restored:
            state.health.append(
                {
                    "source": "IndexerStatusCheck",
                    "type": "warning",
                    "message": message,
                    "wikiUrl": "https://wiki.servarr.com/sonarr/system",
                }
            )
        self.send(state, webhooks.health(state, restored=restored, message=message))

    def send_test(self, sonarr: str) -> None:
        """The Test button of the webhook's connection is pressed."""
        state = self.sonarrs[sonarr]
        self.send(state, webhooks.test_message(state))
