"""Paths of one file as several systems write them."""

import gc
import sys
import unicodedata
from pathlib import PurePosixPath, PureWindowsPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from episodarr.stages.paths import below, is_tail, once, parts_of, stem_of


@pytest.mark.parametrize(
    ("path", "parts"),
    [
        ("/tv/Show/./S01//a.mkv", ("tv", "show", "s01", "a.mkv")),
        ("Show/a.mkv", ("show", "a.mkv")),
        ("/tv/Show/", ("tv", "show")),
        ("C:\\TV\\Show\\a.mkv", ("c:", "tv", "show", "a.mkv")),
        ("C:/TV/a.mkv", ("c:", "tv", "a.mkv")),
        ("\\\\nas\\tv\\Show\\a.mkv", ("\\\\nas\\tv", "show", "a.mkv")),
        ("Show\\a.mkv", ("show", "a.mkv")),
        ("/tv/Cafe\u0301", ("tv", "caf\u00e9")),
        ("/tv/STRASSE", ("tv", "strasse")),
        ("/tv/Straße", ("tv", "strasse")),
        ("/", ()),
        ("", ()),
    ],
)
def test_parts(path: str, parts: tuple[str, ...]) -> None:
    assert parts_of(path) == parts


def test_below_a_folder_or_the_name_alone() -> None:
    assert below("/tv/Show/S1/a.mkv", "/tv/Show/") == ("s1", "a.mkv")
    assert below("/else/S1/a.mkv", "/tv/Show") == ("a.mkv",)
    assert below("/tv/Show", "/tv/Show") == ("show",)


def test_tails_stems_and_what_occurs_once() -> None:
    assert is_tail(("tv", "a"), ("a",))
    assert not is_tail(("tv", "a"), ("b", "a"))
    assert not is_tail(("a",), ())
    assert stem_of("a.b.mkv") == "a.b"
    assert once(["a", "b", "a", "c"]) == {"b", "c"}


@given(st.text(max_size=12), st.text(max_size=12))
def test_any_text_is_some_path(path: str, folder: str) -> None:
    assert len(below(path, folder)) <= len(parts_of(path))


NAMES = st.text("ab. -é", min_size=1, max_size=8).filter(lambda n: n.strip("."))


@given(st.sampled_from(("C:\\", "c:/", "\\\\server\\share\\")), st.lists(NAMES, max_size=4))
def test_a_windows_path_has_the_parts_that_python_sees(root: str, names: list[str]) -> None:
    path = root + "\\".join(names)
    pure = PureWindowsPath(path)
    expected = [pure.drive, *pure.parts[1 if pure.anchor else 0 :]]
    assert parts_of(path) == tuple(unicodedata.normalize("NFC", p).casefold() for p in expected)


@given(NAMES)
def test_a_stem_is_what_python_calls_so(name: str) -> None:
    assert stem_of(name) == PurePosixPath(name).stem


def test_names_are_not_remembered_for_ever() -> None:
    gc.collect()
    before = sys.getallocatedblocks()
    for number in range(5_000):
        stem_of(f"never seen again {number}.mkv")
        parts_of(f"C:\\never seen again\\{number}.mkv")
    assert sys.getallocatedblocks() - before < 5_000
