"""`episodarr match`: which file of a torrent holds which episode, for torrents listed in a file.

A line of input is one torrent as JSON: its series, the episodes queued for it, its name and files.
A line of output is `{"id": …, "files": {path: [[season, episode], …]}}`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator

import click
import msgspec

from episodarr.cli.terminal.output import print_text
from episodarr.matching import match_files
from episodarr.model.ids import EpisodeNumber
from episodarr.model.library import AlternateTitle
from episodarr.model.matching import (
    Candidate,
    FileMatch,
    ListedFile,
    SeriesNames,
    SeriesType,
    TorrentMatch,
)
from episodarr.views.matching import MatchFileDocument

EXIT_GOOD, EXIT_MALFORMED, EXIT_UNREADABLE = 0, 1, 2

_RULES = {
    "scene": "the scene's numbering",
    "season-episode": "season and episode",
    "absolute": "the absolute number",
    "scene-absolute": "the scene's absolute number",
    "season-and-episode-in-one": "season and episode written as one number",
    "running-number": "counting through all seasons",
    "in-order": "the order of the queue",
    "season-left-over": "the only files that fit the queued season nothing else holds",
    "air-date": "the air date",
    "air-date-a-day-late": "the day after the only episode that aired about then",
    "special-number": "the number of the special",
    "special-order": "the order of the queued specials",
    "special-title": "the special's title",
    "only-special": "the only special that is queued",
    "episode-title": "the episode's title",
    "title-order": "titles that are all out of step with the numbers",
    "only-video": "the only video of the torrent",
    "extras": "an extra, not an episode",
    "not-a-video": "not a video",
    "other-series": "belongs to another series",
    "other-season": "belongs to another season",
    "small-duplicate": "too small to be the episode another file holds",
    "later-part-alone": "of a later part that counts from 1 again: how many come before is not known",
    "contradiction": "claims what another file claims, while as many queued episodes have no file",
    "ambiguous": "could be more than one episode",
    "no-evidence": "nothing shows that it holds a queued episode",
}


class _Series(msgspec.Struct, frozen=True):
    titles: tuple[str, ...]
    type: SeriesType = "standard"
    alternate_titles: tuple[AlternateTitle, ...] | None = None


class AskedTorrent(msgspec.Struct, frozen=True):
    """A line of input: a torrent, its series, and the episodes that are queued for it."""

    id: str | int
    series: _Series
    torrent_name: str
    files: tuple[MatchFileDocument, ...]
    candidates: tuple[Candidate, ...]

    def match(self) -> TorrentMatch:
        """What its files hold."""
        series = SeriesNames(
            titles=self.series.titles,
            alternate_titles=self.series.alternate_titles or (),
            series_type=self.series.type,
        )
        files = [ListedFile(path=file.path, size_bytes=file.size) for file in self.files]
        return match_files(series, self.candidates, self.torrent_name, files)


class _Answer(msgspec.Struct, omit_defaults=True):
    id: str | int
    files: dict[str, tuple[EpisodeNumber, ...]]
    reasons: dict[str, str] | None = None


@click.command(name="match")
@click.argument("source", metavar="FILE.jsonl")
@click.option("--explain", is_flag=True, help="Show for each file why it was decided so.")
def match(source: str, explain: bool) -> None:  # noqa: FBT001 - click passes flags so
    """Show which file of a torrent holds which episode.

    FILE.jsonl has one torrent a line; `-` reads standard input. A line that cannot be read is
    named on standard error and the rest goes on.

    With --explain each answer carries the reasons too; on a terminal they are printed as text.

    Exit code: 0 when every line was good, 1 when some were malformed, 2 when FILE.jsonl cannot
    be read.
    """
    malformed = 0
    try:
        with click.open_file(source, "rb") as lines:
            for number, torrent in read_torrents(lines):
                if isinstance(torrent, str):
                    malformed += 1
                    print_text(f"{source}: line {number}: {torrent}", err=True)
                else:
                    click.echo(_printed(torrent, explain=explain))
    except BrokenPipeError:
        raise  # Click ends quietly when the reader of the pipe is gone.
    except OSError as error:
        print_text(f"cannot read {source}: {error.strerror or error}", err=True)
        sys.exit(EXIT_UNREADABLE)
    sys.exit(EXIT_MALFORMED if malformed else EXIT_GOOD)


def read_torrents(lines: Iterable[bytes]) -> Iterator[tuple[int, AskedTorrent | str]]:
    """Each line that is not empty with its number: a torrent, or what is wrong with it."""
    decoder = msgspec.json.Decoder(AskedTorrent)
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            yield number, decoder.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            yield number, str(error)


def _printed(torrent: AskedTorrent, *, explain: bool) -> str:
    matched = torrent.match()
    if explain and sys.stdout.isatty():
        return as_text(torrent.id, torrent.torrent_name, matched)
    reasons = {found.path: _reason(found) for found in matched.files} if explain else None
    answer = _Answer(id=torrent.id, files=matched.episodes_by_path(), reasons=reasons)
    return msgspec.json.encode(answer).decode()


def as_text(name: str | int, torrent_name: str, matched: TorrentMatch) -> str:
    """The reasons for a person, a line per file; control characters of hostile names do nothing."""
    lines = [_shown(f"{name}  {torrent_name}")]
    lines += [_shown(f"  {_reason(found)}\t{found.path}") for found in matched.files]
    return "\n".join(lines)


def _reason(found: FileMatch) -> str:
    reason = _RULES[found.rule]
    tokens = ", ".join(f"“{token}”" for token in found.tokens if token)
    because = f"{reason} ({tokens})" if tokens else reason
    if not found.episodes:
        return f"none: {because}"
    codes = " ".join(f"S{season:02d}E{episode:02d}" for season, episode in found.episodes)
    return f"{codes}: {because}, confidence {found.confidence:.2f}"


def _shown(text: str) -> str:
    return "".join(
        char if char.isprintable() or char == "\t" else "\N{REPLACEMENT CHARACTER}" for char in text
    )


if __name__ == "__main__":
    match()
