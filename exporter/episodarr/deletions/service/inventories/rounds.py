"""Keep every series' inventory: changed series at once, the rest slowly in the background."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from episodarr.deletions.inventory.due import DueInventory, Trigger
from episodarr.deletions.policy import Policy
from episodarr.deletions.service.changes import ChangeFeed
from episodarr.deletions.service.inventories.keeping import Inventories
from episodarr.model.health import System
from episodarr.model.ids import EpisodeNumber, SeriesKey, SonarrName
from episodarr.model.library import Series
from episodarr.model.memo import Memo
from episodarr.stages.classify import Availability
from episodarr.systems.cache import Backoff
from episodarr.systems.sonarr.evidence import SonarrEvidence

AT_LEISURE = frozenset({Trigger.UNSEEN, Trigger.DAILY})
"""Triggers without an event: only the disk has to be read again."""
BATCH = 20
"""Inventories taken in a row before something more urgent is done."""
BACKGROUND_EVERY = timedelta(minutes=1)
"""Between two inventories due by age; shorter for libraries beyond a day's minutes."""
RETRY_AFTER = timedelta(minutes=1)
RETRY_LIMIT = timedelta(hours=24)
RETRY = Backoff(RETRY_AFTER, RETRY_LIMIT)
"""Of an inventory that cannot be taken."""
RETRIES = {
    Trigger.UNSEEN: RETRY,
    Trigger.INCOMPLETE: Backoff(timedelta(minutes=15), RETRY_LIMIT),
}
"""Of one that still lacks something."""
EXAMINED_EVERY = timedelta(minutes=15)
"""Between two checks of an unchanged series for its inventory's age."""
HISTORY_MARGIN = timedelta(seconds=30)
"""After the last file of a deletion: then no further one belongs to it."""


type Availabilities = Mapping[System, Mapping[SeriesKey, Mapping[EpisodeNumber, Availability]]]
"""What Jellyfin and Shoko show of each series' episodes."""


class _Turn(Struct, gc=False):
    """One series in the background's queue, and when it may be tried again."""

    series: Series
    retry: Backoff


class InventoryRounds:
    """Takes the inventories that are due, a few at a time, the most urgent first."""

    def __init__(
        self,
        inventories: Inventories,
        sonarr_evidence: Mapping[SonarrName, SonarrEvidence],
        changes: Mapping[SonarrName, ChangeFeed],
        *,
        clock: Callable[[], datetime],
        policy: Policy,
    ) -> None:
        self._inventories = inventories
        self._sonarr_evidence = sonarr_evidence
        self._changes = changes
        self._clock = clock
        self._policy = policy
        self._urgent: dict[SeriesKey, Trigger] = {}
        self._turns: dict[SeriesKey, _Turn] = {}
        self._retries: dict[tuple[SeriesKey, Trigger], Backoff] = {}
        """Of inventories that still lack something."""
        self._background_at: datetime | None = None
        self._was_unseen = False
        """Whether the last one in the background was for a file that was not seen."""
        self._rest = Memo[None]()
        """Inputs for which nothing was due, and when age alone makes something due."""
        self._shown = Memo[None]()
        self._shown_of: dict[tuple[System, SeriesKey], Mapping[EpisodeNumber, Availability]] = {}
        """What each system showed of each series last."""

    def happened(self, key: SeriesKey, trigger: Trigger) -> None:
        """Mark this series' inventory as urgent."""
        self._urgent[key] = min(trigger, self._urgent.get(key, trigger))

    def note_availabilities(self, shown: Availabilities) -> None:
        """Have series inventoried again of which Jellyfin or Shoko shows something new."""
        if self._shown.holds(tuple(shown.values())):
            return
        self._shown.put(tuple(shown.values()), None)
        before = self._shown_of
        self._shown_of = {
            (system, key): by_number
            for system, by_key in shown.items()
            for key, by_number in by_key.items()
        }
        for (system, key), by_number in self._shown_of.items():
            if _has_appeared(by_number, before.get((system, key), {})):
                self.happened(key, Trigger.APPEARED)

    async def step(self) -> int:
        """Take the most urgent inventories; returns their number."""
        now = self._clock()
        batch = self._chosen(now)
        if not batch:
            return 0
        at_leisure = all(trigger in AT_LEISURE for _, trigger in batch)
        chosen = [series for series, _ in batch]
        for series in chosen:
            self._urgent.pop(series.key, None)
            turn = self._turns.get(series.key)
            retry = RETRY if turn is None else turn.retry
            self._turns[series.key] = _Turn(series, retry.after_try(now))
            self._count_tries(series.key, now)
        await self._inventories.keep(chosen, now, at_leisure=at_leisure)
        return len(batch)

    def _count_tries(self, key: SeriesKey, now: datetime) -> None:
        for trigger, first in RETRIES.items():
            retry = self._retries.get((key, trigger), first)
            if retry.is_due(now):
                self._retries[key, trigger] = retry.after_try(now)

    def _forget_tries(self, key: SeriesKey) -> None:
        for trigger in RETRIES:
            self._retries.pop((key, trigger), None)

    def _chosen(self, now: datetime) -> list[tuple[Series, Trigger]]:
        """The series with the most urgent inventories, each with the reason why it is due."""
        if self._is_resting(now):
            return []
        by_key = {series.key: series for series in self._candidates(now)}
        if not by_key:
            self._forget_gone()
            self._begin_rest()
            return []
        self._rest.forget()
        due = self._inventories.due(by_key.values(), self._urgent, now)
        waiting = {one.key for one in due}
        for key, series in by_key.items():
            if key not in waiting:
                self._turns[key] = _Turn(series, replace(RETRY, next_at=now + EXAMINED_EVERY))
        chosen = [one for one in due if one.trigger <= Trigger.NEVER][:BATCH]
        if not chosen:
            chosen = self._background([one for one in due if self._may(one, now)], now)
        return [(by_key[one.key], one.trigger) for one in chosen]

    def _library(self) -> tuple[object, ...]:
        """Inputs for a `Memo`: other objects whenever a series or its episodes changed."""
        states = [evidence.state for evidence in self._sonarr_evidence.values()]
        return tuple(o for one in states for o in (one.library.series.last, one.details.version))

    def _forget_gone(self) -> None:
        """Keep nothing of series that are in no library, once a deletion took their inventory."""
        known = set(self._inventories.known)
        for evidence in self._sonarr_evidence.values():
            known.update(
                series.key for series in (evidence.state.library.series.last or {}).values()
            )
        for evidence in self._sonarr_evidence.values():
            evidence.keep_only(known)
        for key in self._turns.keys() - known:
            del self._turns[key]
            self._forget_tries(key)

    def _begin_rest(self) -> None:
        """Note that nothing is due: until something changes the series need not be checked."""
        if any(
            n.gone_at or n.waiting_series or not n.is_trustworthy for n in self._changes.values()
        ):
            return
        at = min((turn.retry.next_at for turn in self._turns.values()), default=None)
        self._rest.put(self._library(), None, until=at)

    def _is_resting(self, now: datetime) -> bool:
        if self._urgent or any(n.gone_at for n in self._changes.values()):
            return False
        return self._rest.holds(self._library(), now)

    def _background(self, due: list[DueInventory], now: datetime) -> list[DueInventory]:
        """At most one background inventory, at a low rate.

        At most every other one is for unseen files: under a wrong path mapping all are unseen.
        """
        last = self._background_at
        if not due or (last is not None and now - last < self._background_interval()):
            return []
        self._background_at = now
        rest = [one for one in due if one.trigger is not Trigger.UNSEEN]
        chosen = rest[0] if rest and self._was_unseen else due[0]
        self._was_unseen = chosen.trigger is Trigger.UNSEEN
        return [chosen]

    def _may(self, due: DueInventory, now: datetime) -> bool:
        """Whether to try it: the pause grows each time the inventory still lacks something."""
        if due.trigger not in RETRIES:
            self._forget_tries(due.key)
            return True
        return self._retries.get((due.key, due.trigger), RETRY).is_due(now)

    def _background_interval(self) -> timedelta:
        count = sum(
            len(evidence.state.library.series.last or ())
            for evidence in self._sonarr_evidence.values()
        )
        return min(BACKGROUND_EVERY, self._policy.inventory_age / max(1, count))

    def _candidates(self, now: datetime) -> list[Series]:
        """Series that are due, and whose Sonarr's history is complete now."""
        found: list[Series] = []
        for name, evidence in self._sonarr_evidence.items():
            changes = self._changes[name]
            if not changes.is_trustworthy:
                continue
            waiting = changes.waiting_series
            for series_id, series in (evidence.state.library.series.last or {}).items():
                if series_id not in evidence.state.details or series_id in waiting:
                    continue
                if self._is_asked_for(series, now) and not self._is_going(changes, series.key, now):
                    found.append(series)
        return found

    def _is_asked_for(self, series: Series, now: datetime) -> bool:
        turn = self._turns.get(series.key)
        return (
            turn is None
            or series.key in self._urgent
            or turn.retry.is_due(now)
            or (turn.series is not series and not turn.retry.tries)
        )

    def _is_going(self, changes: ChangeFeed, key: SeriesKey, now: datetime) -> bool:
        """Whether files of it were just deleted: the next deletion needs its inventory."""
        gone_at = changes.gone_at.get(key)
        if gone_at is None:
            return False
        if key not in self._inventories.known:
            del changes.gone_at[key]
            return False
        if now - gone_at < self._policy.coalesce + HISTORY_MARGIN:
            return True
        del changes.gone_at[key]
        return False


def _has_appeared(
    now: Mapping[EpisodeNumber, Availability], before: Mapping[EpisodeNumber, Availability]
) -> bool:
    """Whether an episode is shown that was not shown before."""
    return (
        now is not before
        and now != before
        and any(
            state is Availability.YES and before.get(number) is not Availability.YES
            for number, state in now.items()
        )
    )
