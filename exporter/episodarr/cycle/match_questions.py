"""What the matcher is asked about a download, also where no file list of it is held.

File lists are held of what is under way. Of a download that is complete or imported already the
client is requested once more, for a person who reports a wrong match.
"""

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from episodarr.cycle.join.joiner import SonarrJoiner
from episodarr.errors import NotFound, Unauthorized, UpstreamError
from episodarr.model.download import Torrent
from episodarr.model.health import System
from episodarr.model.ids import DownloadId, SonarrEpisodeId, SonarrSeriesId
from episodarr.model.library import Episode, Series
from episodarr.stages.pack import PackQuestion, pack_question
from episodarr.systems.qbittorrent.state import ClientState
from episodarr.systems.sonarr.state import SonarrState
from episodarr.views.matching import FoundQuestion, NoQuestion, WhyNone, find_download, several

_NOT_ASKED_FOR = (
    "{name} is in {client}, and no Sonarr of this exporter has it in its queue or grabbed it within "
    "the last week. If another exporter reads the Sonarr that did, ask that one with --url."
)
_NO_TORRENT = (
    "Sonarr has this download in its queue, and no download client that is configured lists it as a "
    "torrent: nothing is known of its files."
)
_UNKNOWN = (
    "No torrent of the download clients has this id or name. A torrent that was removed has no list of "
    "files any more; these are under way:"
)


class _Wanted(Struct, frozen=True, kw_only=True):
    """What a Sonarr wants of a torrent."""

    series: Series
    episodes: tuple[Episode, ...]


class MatchQuestions:
    """Finds a download by its id or name, and what the matcher is asked about it."""

    def __init__(self, joiners: Sequence[SonarrJoiner], clients: Sequence[ClientState]) -> None:
        self._joiners = joiners
        self._clients = clients

    async def find(self, wanted: str) -> FoundQuestion | NoQuestion:
        """The question about the download with this id, or whose name alone holds these words.

        Downloads under way come first; a client is requested only where none of them fits.
        """
        held = self._held()
        names = {download_id: one.torrent_name for download_id, one in held.items()}
        found = find_download(wanted, names)
        if len(found) == 1:
            return FoundQuestion(download_id=found[0], question=held[found[0]])
        return several(found, names) if found else await self._find_in_clients(wanted, names)

    def _held(self) -> dict[DownloadId, PackQuestion]:
        return {
            download_id: question
            for joiner in self._joiners
            for download_id, question in joiner.downloads.match_questions().items()
        }

    async def _find_in_clients(
        self, wanted: str, under_way: Mapping[DownloadId, str]
    ) -> FoundQuestion | NoQuestion:
        listed = {
            DownloadId(name): (client, torrent)
            for client in self._clients
            for torrent in (client.torrents.last or {}).values()
            for name in _hashes(torrent)
        }
        names = {i: torrent.name for i, (_, torrent) in listed.items()}
        found = find_download(wanted, names)
        if len({listed[i][1].info_hash for i in found}) > 1:
            return several(found, names)
        if found:
            return await self._fetched(*listed[found[0]])
        silent = [client for client in self._clients if client.torrents.fresh is None]
        if silent:
            return _not_answered(silent)
        if any(DownloadId(wanted) in joiner.downloads for joiner in self._joiners):
            return NoQuestion(why=WhyNone.NO_FILES, sentence=_NO_TORRENT)
        return NoQuestion(why=WhyNone.UNKNOWN, sentence=_UNKNOWN, downloads=under_way)

    async def _fetched(self, client: ClientState, torrent: Torrent) -> FoundQuestion | NoQuestion:
        """The question about a torrent whose files its client is requested for."""
        wanted = next((w for j in self._joiners if (w := _wanted(j.state, torrent))), None)
        if wanted is None:
            sentence = _NOT_ASKED_FOR.format(name=torrent.name, client=_called(client))
            return NoQuestion(why=WhyNone.NOT_WANTED, sentence=sentence)
        try:
            files = await client.source.fetch_files(torrent.info_hash)
        except NotFound:
            sentence = (
                f"{_called(client)} has {torrent.name} no more, so nothing is known of its files."
            )
            return NoQuestion(why=WhyNone.NO_FILES, sentence=sentence)
        except UpstreamError as error:
            return NoQuestion(why=WhyNone.NOT_ANSWERED, sentence=_refusal(client, error))
        if not files:
            sentence = (
                f"{torrent.name} has no metadata yet, so its files are not known. Try again later."
            )
            return NoQuestion(why=WhyNone.NO_FILES, sentence=sentence)
        question = pack_question(wanted.series, wanted.episodes, torrent.name, files)
        return FoundQuestion(download_id=DownloadId(torrent.info_hash), question=question)


def _hashes(torrent: Torrent) -> tuple[str, ...]:
    return (torrent.info_hash, *torrent.other_hashes)


def _wanted(state: SonarrState, torrent: Torrent) -> _Wanted | None:
    """What a Sonarr wants of it by its queue, else what it grabbed it for within the last week."""
    ids = {DownloadId(name) for name in _hashes(torrent)}
    queued = {**state.queue.rows, **{i: held.rows for i, held in state.queue.held.items()}}
    rows = [row for i in ids for row in queued.get(i, ())]
    episodes = {(row.series_id, row.episode_id) for row in rows}
    if not episodes:
        grabs = (known.last_grab for known in state.episode_histories.by_episode.values())
        episodes = {
            (grab.series_id, grab.episode_id)
            for grab in grabs
            if grab is not None and grab.download_id in ids
        }
    return _of_one_series(state, episodes)


def _of_one_series(
    state: SonarrState, numbers: Iterable[tuple[SonarrSeriesId | None, SonarrEpisodeId | None]]
) -> _Wanted | None:
    """The first series whose episodes were read, and those of them that are meant."""
    library, wanted = state.library.series.last or {}, tuple(numbers)
    for series_id in dict.fromkeys(series_id for series_id, _ in wanted):
        series = library.get(series_id) if series_id is not None else None
        detail = state.details.get(series.sonarr_id) if series is not None else None
        if series is not None and detail is not None:
            meant = {episode_id for other, episode_id in wanted if other == series_id}
            episodes = tuple(e for e in detail.episodes if e.sonarr_id in meant)
            return _Wanted(series=series, episodes=episodes)
    return None


def _not_answered(silent: Sequence[ClientState]) -> NoQuestion:
    """Whether a client has it is not known while the client does not answer."""
    sentences = []
    for client in silent:
        failure = client.health.failures.get("maindata")
        sentences.append(
            f"{_called(client)} was not read yet." if failure is None else _refusal(client, failure)
        )
    sentence = " ".join(["Whether there is such a torrent is not known.", *sentences])
    return NoQuestion(why=WhyNone.NOT_ANSWERED, sentence=sentence)


def _refusal(client: ClientState, error: UpstreamError) -> str:
    if isinstance(error, Unauthorized):
        section = f"EPISODARR_QBITTORRENT__{client.name.upper()}__"
        return f"{_called(client)} refuses the login: see {section}USERNAME and …PASSWORD, or …API_KEY."
    return f"{_called(client)} does not answer ({error}): try again when it does."


def _called(client: ClientState) -> str:
    return f"{System.QBITTORRENT.shown_name} “{client.name}”"
