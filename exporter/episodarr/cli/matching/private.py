"""Replaces private words in a torrent's names, and shows that the matcher decides as before."""

import re
from collections.abc import Iterable

import msgspec

from episodarr.cli.matching.match import AskedTorrent

_WORD = re.compile(
    r"""(?xi)
    [\w.+-]+@[\w-]+(?:\.[\w-]+)+                                 # an e-mail address
    | (?:https?://|www\.)[^\s\]\)】]+                             # an address on the web
    | (?<![\w.])[\w-]+\.(?:com|net|org|info|to|tv|cc|me|io|xyz|ru|si|se|eu)(?![\w.])   # a site's name
    """
)
_GROUP_IN_FRONT = re.compile(r"^\s*[\[【]([^\[\]【】]+)[\]】]")
_GROUP_BEHIND = re.compile(r"-(\w+)$")
_SUFFIX = re.compile(r"\.\w{2,4}$")
ID = "report"
"""Instead of the download's id, by which a torrent can be found."""


def private_words(asked: AskedTorrent, given: Iterable[str]) -> tuple[str, ...]:
    """Addresses, sites and release groups in the names, and the given words; longest first."""
    paths = (_SUFFIX.sub("", file.path) for file in asked.files)
    names = [asked.torrent_name, *(part for path in paths for part in path.split("/"))]
    found = {word for word in given if word.strip()}
    for name in names:
        found |= set(_WORD.findall(name))
        for group in (_GROUP_IN_FRONT.match(name), _GROUP_BEHIND.search(name)):
            if group is not None and re.search(r"[^\W\d_]", group[1]):
                found.add(group[1])
    return tuple(sorted(found, key=lambda word: (-len(word), word)))


def without(asked: AskedTorrent, words: Iterable[str]) -> tuple[AskedTorrent, tuple[str, ...]]:
    """The torrent with the words replaced by as many letters, and the words that had to stay.

    A word stays where the matcher would decide otherwise without it: the report would be about
    something else.
    """
    kept: list[str] = []
    shown = msgspec.structs.replace(asked, id=ID)
    decided = _decided(asked)
    for word in words:
        tried = _replaced(shown, word)
        if _decided(tried) == decided:
            shown = tried
        else:
            kept.append(word)
    return shown, tuple(kept)


def _decided(asked: AskedTorrent) -> list[object]:
    """What is decided of each file, in the torrent's own order, which names do not change."""
    by_path = {found.path: (found.episodes, found.rule) for found in asked.match().files}
    return [by_path[file.path] for file in asked.files]


def _replaced(asked: AskedTorrent, word: str) -> AskedTorrent:
    """The word in every name, whatever its case, as letters of the same case."""
    pattern = re.compile(re.escape(word), re.IGNORECASE)

    def covered(text: str) -> str:
        return pattern.sub(lambda found: _letters(found[0]), text)

    files = tuple(msgspec.structs.replace(f, path=covered(f.path)) for f in asked.files)
    return msgspec.structs.replace(asked, torrent_name=covered(asked.torrent_name), files=files)


def _letters(word: str) -> str:
    """As long as the word: letters and digits become x or X, the rest stays."""
    return "".join(("X" if c.isupper() else "x") if c.isalnum() else c for c in word)
