"""An operator who does one thing after another to simulated systems, at random, from a seed."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from episodarr.app import Application
from episodarr.simulator import SeasonPlan
from episodarr.simulator.events.intake import SeriesPlan
from episodarr.simulator.state.library import Series
from episodarr.simulator.world import World
from tests.deletion_e2e.following import Following

SONARR = "tv"
ROOTS = ("/anime", "/tv")
FIRST_TVDB_ID = 1001


@dataclass
class Operator:
    """Does things; everything that it did is in `log`, so that a failure can be read."""

    running: Following
    dice: random.Random
    webhooks: bool
    log: list[str] = field(default_factory=list)
    taken: dict[str, int] = field(default_factory=dict)
    """Files that were taken away by hand, unnoticed, with their sizes in bytes."""
    pinned: list[str] = field(default_factory=list)
    killed: list[Application] = field(default_factory=list)
    """Exporters that were left as they were; closed at the end of the test."""
    next_tvdb_id: int = FIRST_TVDB_ID

    @property
    def world(self) -> World:
        return self.running.world

    def library(self) -> list[Series]:
        return list(self.world.sonarrs[SONARR].series.values())

    def _series(self, *, with_files: bool = True) -> Series | None:
        found = [s for s in self.library() if s.files or not with_files]
        return self.dice.choice(found) if found else None

    def _held(self, series: Series) -> list[tuple[int, int]]:
        """Some of the episodes that have a file, at least one."""
        held = sorted(code for code, episode in series.numbered.items() if episode.file_id)
        return sorted(self.dice.sample(held, self.dice.randint(1, len(held))))

    async def act(self) -> None:
        """One thing, and the time that passes until the next one."""
        acts: dict[Callable[[], str | None], int] = {
            self._add: 4,
            self._download: 8,
            self._delete_files: 8,
            self._delete_season: 3,
            self._delete_series: 4,
            self._lose: 3,
            self._take: 3,
            self._give_back: 6,
            self._rename: 4,
            self._upgrade: 3,
            self._move: 2,
            self._pin_and_delete: 2,
            self._release: 4,
            self._scan: 8,
            self._restart_sonarr: 2,
            self._stop_jellyfin: 2,
            self._stop_sonarr: 2,
            self._mend: 6,
            self._unmount: 1,
            self._mount: 5,
            self._keep_files: 1,
        }
        act = self.dice.choices(list(acts), weights=list(acts.values()))[0]
        entry = act()
        if entry is not None:
            self.log.append(f"{self.world.now:%H:%M:%S} {entry}")
        if self.dice.random() < 0.05:
            self.log.append("the exporter is restarted")
            await self.running.restart()
        elif self.dice.random() < 0.03:
            self.log.append("the exporter is killed")
            self.killed.append(self.running.kill())

    def _add(self) -> str | None:
        if len(self.library()) > 12:
            return None
        tvdb_id = self.next_tvdb_id
        self.next_tvdb_id += 1
        count = self.dice.randint(2, 6)
        files = self.dice.choice((0, count, count))
        plan = SeriesPlan(
            tvdb_id=tvdb_id,
            title=f"Show {tvdb_id}",
            root=self.dice.choice(ROOTS),
            seasons={
                1: SeasonPlan(episodes=count, files=files, last_aired_days=90),
                2: SeasonPlan(episodes=2, files=self.dice.choice((0, 2)), last_aired_days=20),
            },
            added_days=0,
        )
        if not self._is_writable(str(plan.root)):
            return None
        self.world.add_series(SONARR, plan, quiet=False)
        return f"add {tvdb_id}: {files} of {count} files in {plan.root}"

    def _is_writable(self, root: str) -> bool:
        disk = self.world.disk
        return disk.accessible(root) and disk.real(root).exists() and root not in self.away

    away: set[str] = field(default_factory=set)

    def _download(self) -> str | None:
        series = self._series(with_files=False)
        if series is None or not self._is_writable(series.root):
            return None
        queued = {i for t in self.world.sonarrs[SONARR].tracked.values() for i in t.episode_ids}
        missing = sorted(
            c for c, e in series.numbered.items() if not e.file_id and e.id not in queued
        )
        if not missing:
            return None
        season = self.dice.choice(missing)[0]
        missing = [code for code in missing if code[0] == season]
        codes = sorted(self.dice.sample(missing, self.dice.randint(1, len(missing))))
        self.world.grab(SONARR, series.tvdb_id, codes, rate=self.dice.choice((2e7, 1e8)))
        return f"grab {series.tvdb_id} {codes}"

    def _delete_files(self) -> str | None:
        series = self._series()
        if series is None or not self._is_writable(series.root):
            return None
        codes = self._held(series)
        self.world.delete_files(SONARR, series.tvdb_id, codes, webhook=self.webhooks)
        return f"delete files {series.tvdb_id} {codes}"

    def _delete_season(self) -> str | None:
        series = self._series()
        if series is None or not self._is_writable(series.root):
            return None
        season = self._held(series)[0][0]
        self.world.delete_season(SONARR, series.tvdb_id, season, webhook=self.webhooks)
        return f"delete season {series.tvdb_id} S{season}"

    def _delete_series(self) -> str | None:
        series = self._series(with_files=False)
        if series is None or len(self.library()) < 4:
            return None
        self.world.delete_series(SONARR, series.tvdb_id, webhook=self.webhooks)
        return f"delete series {series.tvdb_id}"

    def _keep_files(self) -> str | None:
        series = self._series()
        if series is None or len(self.library()) < 4:
            return None
        self.world.delete_series(SONARR, series.tvdb_id, delete_files=False, webhook=self.webhooks)
        return f"remove series {series.tvdb_id}, keep its files"

    def _lose(self) -> str | None:
        series = self._series()
        if series is None or not self._is_writable(series.root):
            return None
        codes = self._held(series)
        self.world.lose_files(SONARR, series.tvdb_id, codes)
        return f"lose {series.tvdb_id} {codes}, noticed by Sonarr"

    def _take(self) -> str | None:
        series = self._series()
        if series is None or not self._is_writable(series.root):
            return None
        codes = self._held(series)
        for file_id in {series.numbered[c].file_id for c in codes}:
            path = series.file_path(series.files[file_id])
            if path not in self.pinned and self.world.disk.exists(path):
                self.taken[path] = self.world.disk.size(path)
                self.world.disk.real(path).rename(self.world.disk.real(path + ".taken"))
        return f"take away by hand {series.tvdb_id} {codes}"

    def _give_back(self) -> str | None:
        """What Sonarr does not have any more stays away: another's file is no deletion."""
        if not self.taken:
            return None
        wanted = {s.file_path(f) for s in self.library() for f in s.files.values()}
        given = []
        for path in [p for p in self.taken if self._is_writable(self.world.disk.root_of(p))]:
            del self.taken[path]
            aside = self.world.disk.real(path + ".taken")
            if path in wanted and aside.exists():
                aside.rename(self.world.disk.real(path))
                given.append(path)
            else:
                aside.unlink(missing_ok=True)
        return f"give back {given}"

    def _rename(self) -> str | None:
        series = self._series()
        if series is None or not self._is_writable(series.root):
            return None
        paths = [series.file_path(f) for f in series.files.values()]
        if any(p in self.pinned or not self.world.disk.exists(p) for p in paths):
            return None
        self.world.rename_files(SONARR, series.tvdb_id, suffix=f" [{self.dice.randint(1, 999)}]")
        return f"rename {series.tvdb_id}"

    def _upgrade(self) -> str | None:
        series = self._series()
        if series is None or not self._is_writable(series.root):
            return None
        codes = self._held(series)[:1]
        self.world.upgrade(SONARR, series.tvdb_id, codes)
        return f"upgrade {series.tvdb_id} {codes}"

    def _move(self) -> str | None:
        """Another root folder for a series, whose files Sonarr moves there."""
        series = self._series()
        if series is None or not all(map(self._is_writable, ROOTS)):
            return None
        paths = [series.file_path(f) for f in series.files.values()]
        if any(p in self.pinned or not self.world.disk.exists(p) for p in paths):
            return None
        root = next(r for r in ROOTS if r != series.root)
        if any(s.path == f"{root}/{series.path.rpartition('/')[2]}" for s in self.library()):
            return None
        self.world.move_series(SONARR, series.tvdb_id, root)
        return f"move {series.tvdb_id} to {root}"

    def _pin_and_delete(self) -> str | None:
        series = self._series()
        if series is None or not self._is_writable(series.root):
            return None
        codes = self._held(series)
        self.pinned += self.world.pin_files(SONARR, series.tvdb_id, codes[:1])
        self.world.delete_files(SONARR, series.tvdb_id, codes, webhook=self.webhooks)
        return f"delete {series.tvdb_id} {codes}, the first one refuses"

    def _release(self) -> str | None:
        if not self.pinned:
            return None
        self.world.release_files(self.pinned)
        self.pinned = []
        return "delete what had refused"

    def _scan(self) -> str | None:
        self.world.jellyfin_scan()
        return "Jellyfin scans"

    def _restart_sonarr(self) -> str | None:
        self.world.restart_sonarr(SONARR)
        return "Sonarr restarts"

    def _stop_jellyfin(self) -> str | None:
        self.running.simulation.fault("jellyfin", self.dice.choice(("refused", "status")))
        return "Jellyfin stops answering"

    def _stop_sonarr(self) -> str | None:
        self.running.simulation.fault(f"sonarr.{SONARR}", self.dice.choice(("refused", "status")))
        return "Sonarr stops answering"

    def _mend(self) -> str | None:
        self.running.simulation.clear_faults()
        return "all systems answer"

    def _unmount(self) -> str | None:
        root = self.dice.choice(ROOTS)
        if root in self.away or self.world.sonarrs[SONARR].tracked:
            return None  # Nothing is imported into a folder that is away.
        self.away.add(root)
        self.world.set_mount(root, self.dice.choice(("unmounted", "empty")))
        return f"unmount {root}"

    def _mount(self) -> str | None:
        for root in self.away:
            self.world.set_mount(root, "mounted")
        self.away.clear()
        return "mount everything"

    def calm(self) -> None:
        """Everything works, nothing is away, nothing refuses."""
        self._mend()
        self._mount()
        self._give_back()
        self._release()
