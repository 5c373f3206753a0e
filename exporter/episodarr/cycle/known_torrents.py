"""Which torrents of a client Sonarr knows: only their files are read."""

from collections.abc import Iterable, Sequence

from episodarr.model.download import TrackedState
from episodarr.model.ids import InfoHash
from episodarr.model.memo import MemoByKey
from episodarr.systems.qbittorrent.state import ClientState
from episodarr.systems.sonarr.state import SonarrState

type KnownHashes = tuple[frozenset[InfoHash], frozenset[InfoHash]]
"""Of torrents that Sonarr has in its queue, and of those whose import is blocked."""


class KnownTorrents:
    """The hashes that the Sonarrs know, by client; the same objects while unchanged."""

    def __init__(self, sonarrs: Iterable[SonarrState]) -> None:
        self._sonarrs: Sequence[SonarrState] = tuple(sonarrs)
        self._known: MemoByKey[str, KnownHashes] = MemoByKey()

    def of(self, client: ClientState) -> KnownHashes:
        """The hashes of this client's torrents that are, or were, in the queue of a Sonarr."""
        queued = (x for s in self._sonarrs for x in (s.queue.rows, *s.queue.held.values()))
        inputs = (client.torrents.last, *queued)
        return self._known.of(client.name, inputs, lambda: self._find(client))

    def _find(self, client: ClientState) -> KnownHashes:
        ids = {InfoHash(i) for s in self._sonarrs for i in (*s.queue.rows, *s.queue.held)}
        blocked = {
            InfoHash(i)
            for s in self._sonarrs
            for i, rows in s.queue.rows.items()
            if rows[0].tracked_state is TrackedState.IMPORT_BLOCKED
        }
        hashes = {h: (h, *t.other_hashes) for h, t in (client.torrents.last or {}).items()}
        return (
            frozenset(h for h, names in hashes.items() if not ids.isdisjoint(names)),
            frozenset(h for h, names in hashes.items() if not blocked.isdisjoint(names)),
        )
