"""Technical tokens of a release name, blanked out before numbers are read from it.

The patterns read names in lower case.
"""

from __future__ import annotations

import re

from episodarr.matching.reading.fold import lowered

BLANK = "\x00"
"""What a masked character becomes; it is neither a letter, a digit nor a separator."""

_START, _END = r"(?<![0-9a-z])", r"(?![0-9a-z])"
_LANGUAGES = (
    r"lat(?:ino)?|cast(?:ellano)?|esp(?:a[nñ]ol)?|spa(?:nish)?|eng(?:lish)?|ita(?:liano)?|indo|fra?|fre|"
    r"vf|por|pt|br|ger(?:man)?|deu|rus|ara|viet|thai|leg|dual"
)
_COUNTS_NO_TRACKS = "".join(
    rf"(?<!{word}[ ._-])" for word in ("episode", "episodio", "capitulo", "capítulo", "cap", "ep")
)
"""Behind these words a number is an episode's, whatever follows: `Episode 5 Sub`."""


def _at_start(*pieces: str) -> str:
    """The pattern of tokens that no letter or digit stands in front of; alike ones in a row are faster."""
    return rf"{_START}(?:{'|'.join(pieces)})"


def _to_end(*pieces: str) -> str:
    """The pattern of tokens that no letter or digit stands behind."""
    return rf"(?:{'|'.join(pieces)}){_END}"


_PIECES = (
    # Checksums in brackets, and long hexadecimal runs.
    r"[\[(【](?=[a-f]*[0-9])(?=[0-9]*[a-f])[0-9a-f]{8}[\])】]",
    _at_start(
        _to_end(
            r"[0-9a-f]{32,128}",
            r"(?=[0-9]*[a-f])(?=[a-f]*[0-9])(?!\d+e\d+)[0-9a-f]{8}",
        ),
    ),
    r"[\[(【](?!(?:19|20)\d\d(?:0[1-9]|1[0-2])[0-3]\d)[0-9]{8}[\])】]",
    _at_start(
        # Random names: ten and more alternating letters and digits.
        _to_end(r"(?!(?:s?\d{1,4})?(?:ep?|x)\d)(?=[0-9a-z]{10})[a-z]*(?:\d+[a-z]+){2,}\d*"),
        # Web sites.
        _to_end(r"www[.][\w.-]+[.]\w{2,5}"),
    ),
    r"(?<=[\[(【@])\s?(?:[\w-]+[.]){1,2}(?:com|org|net|info|club|xyz|site|top|io|me|tv|cc|to)\s?(?=[\])】])",
    _at_start(
        # Pictures: 1920x1080, 1080p, 1080p60, 4K, 10-bit, yuv420p10.
        _to_end(
            r"\d{3,4}[ ._]?[x×*][ ._]?\d{3,4}[pi]?",
            r"(?:\d{3,4}|[24]k)(?:p|i(?![0-9a-z]))(?:[ ._]?(?:23|24|25|30|48|50|60|120)(?:fps)?)?",
            r"(?:360|480|540|576|720|1080|1440|2160|4320|[24]k)[ ._-][pi]",
        ),
        r"(?:360|480|540|576|720|1080|1440|2160|4320)[pi](?=[a-z_])",
        _to_end(
            r"[248]k",
            r"(?:ma|hi)?(?:8|10|12)[ ._-]?(?:bits?|p)(?:_?(?:\d{3,4}p))?",
            r"(?:16|24|32)[ ._-]?bits?",
            r"(?<!- )(?<!-_)(?:8|10)b",
        ),
    ),
    r"(?<![a-z])yuv4\d\d(?:p\d{0,2})?(?![0-9a-z])",
    _at_start(
        _to_end(
            r"hdr(?:10)?(?:[ ._-]?plus|\+)?",
            r"(?:23[.]976|29[.]97|59[.]94|\d{2,3})[ ._-]?fps",
            r"3d",
        ),
        # Codecs and containers.
        r"[xh][ ._-]?26[3-6](?![0-9])(?:[ ._-]?(?:crf)?[ ._-]?\d\d(?![0-9a-z]))?",
    ),
    r"(?<=[a-z])x26[45](?![0-9])",
    _at_start(
        _to_end(
            r"mpeg-?4[ ._](?:10|avc)",
            r"(?:mpeg|vc|vp|av)[ ._-]?[1249]",
            r"l[345][.][0-2]",
            r"mp[34]|m4v|avc1|divx[0-9]?|xvid[0-9]?|wmv9",
            r"crf[ ._-]?\d\d(?:[.]\d)?",
        ),
        # Sound: AAC2.0, DDP5.1, DD5 1, DTS-HD.MA.5.1, FLACx2, 6ch.
        r"(?:he-?aac|e?aac|ddpa?|dd\+?|e-?ac-?3|ac-?3|dts(?:[ ._-]?(?:hd|x|es))?(?:[ ._-]?(?:ma|hra))?|"
        r"flac|opus|vorbis|ogg|true-?hd|l?pcm|dolby(?:[ ._-]?digital)?|atmos|mp[23]|ma)"
        r"[ ._-]?[1-9][ ._][0-9](?![0-9])(?:ch)?",
        _to_end(
            r"(?:aac|ddp?|e-?ac-?3|ac-?3|dts|flac|opus|ass|srt|ssa|pgs|sub)[ ._]?[x×][ ._]?\d",
            r"e-?ac-?3|ac-?3|dd[257][12]|dd[p]?5",
        ),
    ),
    r"(?<![0-9a-z#])[2567][.][01](?:[ ._-]?ch)?(?![0-9a-z])",
    _at_start(
        _to_end(
            r"[2568][ ._-]?ch",
            r"(?!0\d)\d{2,5}[ ._-]?(?:kbps|kbit|kbs|khz|hz|mbps|kb|mb|mib|gib)(?:[/]s)?",
            # `05_GB` is an episode with simplified Chinese subtitles.
            r"(?!0\d)\d{2,5}[ .-]?gb",
            r"\d{1,2}[.,]\d{1,2}[ ._-]?(?:gb|gib|mb|mbps)",
            # Carriers and counts of media: Disc 2, Vol.3, CD1, 2DVD.
            r"(?:vol(?:ume)?|dis[ck]|dvd|bd|cd)[ ._-]{0,2}\d{1,2}(?:[ ._]of[ ._]\d{1,2})?",
            r"dvd[59]",
            r"\d[ ._-]?(?:cds?|dvds?|dis[ck]s?|videos?)",
            # `2 Audio`, but `Episode 2 Sub` and `2 Audio Latino` number the episode.
            rf"{_COUNTS_NO_TRACKS}\d[ ._-]?(?:audio|subs?)(?![ ._-]+(?:{_LANGUAGES}){_END})",
            r"rev[ ._]?\d",
        ),
    ),
    r"第\s?[0-9]{1,2}\s?[巻卷]",
    r"全\s?[0-9]{1,4}\s?[集話话回]|(?<![0-9])[0-9]{1,4}\s?[集話话回]全",
)
_NOISE = re.compile("|".join(_PIECES))
_SECOND_TRY = re.compile(r"(?<![0-9A-Za-z])(?:REPACK|PROPER|RERIP)\d?(?![0-9A-Za-z])")
"""Marks of a release's second try; in lower case they are words."""


def mask(text: str) -> str:
    """The text with its technical tokens blanked out; every character keeps its place."""
    return _SECOND_TRY.sub(_blank, without(_NOISE, text))


def without(pattern: re.Pattern[str], text: str) -> str:
    """The text with what the pattern finds in its lower case blanked out."""
    for found in pattern.finditer(lowered(text)):
        text = blank(text, found.start(), found.end())
    return text


def blank(text: str, start: int, end: int) -> str:
    """The text with the characters from `start` to `end` blanked out."""
    return text[:start] + BLANK * (end - start) + text[end:]


def _blank(found: re.Match[str]) -> str:
    return BLANK * len(found.group())
