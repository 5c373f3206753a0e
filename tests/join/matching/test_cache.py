from exporter.join.matching import MatchCache, match_files
from exporter.model.matching import Candidate, ListedFile, SeriesNames

SHOW = SeriesNames(titles=("Show",))
WANTED = tuple(Candidate(season=1, episode=number) for number in (1, 2))
FILES = tuple(
    ListedFile(path=f"Show/Show.S01E0{number}.mkv", size_bytes=700_000_000) for number in (1, 2)
)


def test_the_same_question_is_answered_from_the_cache() -> None:
    cache = MatchCache()
    first = cache.match("hash", SHOW, WANTED, "Show", FILES)
    assert first == match_files(SHOW, WANTED, "Show", FILES)
    assert cache.match("hash", SHOW, tuple(reversed(WANTED)), "Show", list(FILES)) is first


def test_a_changed_file_list_or_queue_is_matched_again() -> None:
    cache = MatchCache()
    cache.match("hash", SHOW, WANTED, "Show", FILES)
    fewer_files = cache.match("hash", SHOW, WANTED, "Show", FILES[:1])
    assert list(fewer_files.episodes_by_path()) == ["Show/Show.S01E01.mkv"]
    fewer_wanted = cache.match("hash", SHOW, WANTED[1:], "Show", FILES)
    assert fewer_wanted.episodes_by_path() == {
        "Show/Show.S01E01.mkv": (),
        "Show/Show.S01E02.mkv": ((1, 2),),
    }


def test_the_cache_is_bounded_and_drops_what_is_unused_longest() -> None:
    cache = MatchCache(max_torrents=2)
    kept = cache.match("a", SHOW, WANTED, "Show", FILES)
    cache.match("b", SHOW, WANTED, "Show", FILES)
    cache.match("a", SHOW, WANTED, "Show", FILES)
    dropped = cache.match("c", SHOW, WANTED, "Show", FILES)
    assert len(cache) == 2
    assert cache.match("a", SHOW, WANTED, "Show", FILES) is kept
    assert cache.match("c", SHOW, WANTED, "Show", FILES) is dropped


def test_a_forgotten_torrent_is_matched_again() -> None:
    cache = MatchCache()
    first = cache.match("a", SHOW, WANTED, "Show", FILES)
    cache.forget("a")
    cache.forget("never seen")
    again = cache.match("a", SHOW, WANTED, "Show", FILES)
    assert again == first
    assert again is not first
