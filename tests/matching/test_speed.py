"""The matcher's cost, against guessit alone in the same run; ratios, for machines differ."""

from functools import partial

from guessit import guessit

from episodarr.matching import match_files
from tests.bench.match import made_up, seconds


def test_a_torrent_of_more_than_fifty_files_is_matched_five_times_faster_than_guessit_reads_it() -> (
    None
):
    torrent = made_up(60)
    names = [file.path.rsplit("/", 1)[-1] for file in torrent[3]]
    match_files(*torrent)
    ours = min(seconds(lambda: match_files(*torrent)) for _ in range(3))
    theirs = seconds(lambda: [guessit(name) for name in names])
    assert theirs > 5 * ours


def test_the_work_grows_with_the_files_not_with_their_square() -> None:
    small, large = made_up(200), made_up(1_600)
    match_files(*small)
    few = min(seconds(lambda: match_files(*small)) for _ in range(3))
    many = min(seconds(lambda: match_files(*large)) for _ in range(2))
    assert many < 8 * 4 * few


def test_hostile_names_are_cut_to_what_a_file_system_allows() -> None:
    series, queued, torrent_name, files = made_up(4)
    usual = min(seconds(lambda: match_files(series, queued, torrent_name, files)) for _ in range(3))
    for piece in ("- ", "1.", " ", "S01E01", "a1", "[", "1x", "01-02-", "Part 1 ", "aac 5 "):
        long = piece * 10_000
        hostile = [
            type(file)(path=f"{long}/{long}{at}.mkv", size_bytes=1) for at, file in enumerate(files)
        ]
        asked = partial(match_files, series, queued, long, hostile)
        cost = min(seconds(asked) for _ in range(2))
        assert cost < 2 + 100 * usual, piece
