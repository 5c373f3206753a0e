"""Technical tokens of a release name, blanked out before numbers are read from it."""

from __future__ import annotations

import re

BLANK = "\x00"
"""What a masked character becomes; it is neither a letter, a digit nor a separator."""

_PIECES = (
    # Checksums in brackets, and long hexadecimal runs.
    r"[\[(【](?=[A-F]*[0-9])(?=[0-9]*[A-F])[0-9A-F]{8}[\])】]",
    r"(?<![0-9A-Za-z])[0-9A-Fa-f]{32,128}(?![0-9A-Za-z])",
    r"(?<![0-9A-Za-z])(?=[0-9]*[A-F])(?=[A-F]*[0-9])(?!\d+E\d+)[0-9A-F]{8}(?![0-9A-Za-z])",
    r"[\[(【](?!(?:19|20)\d\d(?:0[1-9]|1[0-2])[0-3]\d)[0-9]{8}[\])】]",
    # Random names: ten and more alternating letters and digits.
    r"(?<![0-9A-Za-z])(?!(?:S?\d{1,4})?(?:EP?|X)\d)(?=[0-9A-Za-z]{10})[A-Za-z]*(?:\d+[A-Za-z]+){2,}\d*(?![0-9A-Za-z])",
    # Web sites.
    r"(?<![0-9A-Za-z])www[.][\w.-]+[.]\w{2,5}(?![0-9A-Za-z])",
    r"(?<=[\[(【@])\s?(?:[\w-]+[.]){1,2}(?:com|org|net|info|club|xyz|site|top|io|me|tv|cc|to)\s?(?=[\])】])",
    # Pictures: 1920x1080, 1080p, 1080p60, 4K, 10-bit, yuv420p10.
    r"(?<![0-9A-Za-z])\d{3,4}[ ._]?[xX×*][ ._]?\d{3,4}[pi]?(?![0-9A-Za-z])",
    r"(?<![0-9A-Za-z])(?:\d{3,4}|[24]k)[ ._-]?(?:[pP]|i(?![0-9A-Za-z]))(?:[ ._]?(?:23|24|25|30|48|50|60|120)"
    r"(?:fps)?)?(?![0-9A-Za-z])",
    r"(?<![0-9A-Za-z])(?:360|480|540|576|720|1080|1440|2160|4320)[pPi](?=[A-Z_x])",
    r"(?<![0-9A-Za-z])[248]K(?![0-9A-Za-z])",
    r"(?<![0-9A-Za-z])(?:ma|hi)?(?:8|10|12)[ ._-]?(?:bits?|p)(?:_?(?:\d{3,4}p))?(?![0-9A-Za-z])",
    r"(?<![0-9A-Za-z])(?:16|24|32)[ ._-]?bits?(?![0-9A-Za-z])",
    r"(?<![0-9A-Za-z])(?<!- )(?<!-_)(?:8|10)b(?![0-9A-Za-z])",
    r"(?<![A-Za-z])yuv4\d\d(?:p\d{0,2})?(?![0-9A-Za-z])",
    r"(?<![0-9A-Za-z])hdr(?:10)?(?:[ ._-]?plus|\+)?(?![0-9A-Za-z])",
    r"(?<![0-9A-Za-z])(?:23[.]976|29[.]97|59[.]94|\d{2,3})[ ._-]?fps(?![0-9A-Za-z])",
    r"(?<![0-9A-Za-z])3D(?![0-9A-Za-z])",
    # Codecs and containers.
    r"(?<![0-9A-Za-z])[xXhH][ ._-]?26[3-6](?![0-9])(?:[ ._-]?(?:crf)?[ ._-]?\d\d(?![0-9A-Za-z]))?",
    r"(?<=[A-Za-z])[xX]26[45](?![0-9])",
    r"(?<![0-9A-Za-z])(?:mpeg|vc|vp|av)[ ._-]?[1249](?![0-9A-Za-z])",
    r"(?<![0-9A-Za-z])(?:mp[34]|m4v|avc1|divx[0-9]?|xvid[0-9]?|wmv9)(?![0-9A-Za-z])",
    r"(?<![0-9A-Za-z])crf[ ._-]?\d\d(?:[.]\d)?(?![0-9A-Za-z])",
    # Sound: AAC2.0, DDP5.1, DD5 1, DTS-HD.MA.5.1, FLACx2, 6ch.
    r"(?<![0-9A-Za-z])(?:he-?aac|e?aac|ddpa?|dd\+?|e-?ac-?3|ac-?3|dts(?:[ ._-]?(?:hd|x|es))?(?:[ ._-]?(?:ma|hra))?|"
    r"flac|opus|vorbis|ogg|true-?hd|l?pcm|dolby(?:[ ._-]?digital)?|atmos|mp[23]|ma)"
    r"[ ._-]?[1-9][ ._][0-9](?![0-9])(?:ch)?",
    r"(?<![0-9A-Za-z])(?:aac|ddp?|e-?ac-?3|ac-?3|dts|flac|opus|ass|srt|ssa|pgs|sub)[ ._]?[x×][ ._]?\d(?![0-9A-Za-z])",
    r"(?<![0-9A-Za-z])(?:e-?ac-?3|ac-?3|dd[257][12]|dd[p]?5)(?![0-9A-Za-z])",
    r"(?<![0-9A-Za-z#])[2567][.][01](?:[ ._-]?ch)?(?![0-9A-Za-z])",
    r"(?<![0-9A-Za-z])[2568][ ._-]?ch(?![0-9A-Za-z])",
    r"(?<![0-9A-Za-z])\d{2,5}[ ._-]?(?:kbps|kbit|kbs|khz|hz|mbps|kb|mb|mib|gb|gib)(?:[/]s)?(?![0-9A-Za-z])",
    r"(?<![0-9A-Za-z])\d{1,2}[.,]\d{1,2}[ ._-]?(?:gb|gib|mb|mbps)(?![0-9A-Za-z])",
    # Carriers and counts of media: Disc 2, Vol.3, CD1, 2DVD.
    r"(?<![0-9A-Za-z])(?:vol(?:ume)?|dis[ck]|dvd|bd|cd)[ ._-]{0,2}\d{1,2}(?:[ ._]of[ ._]\d{1,2})?(?![0-9A-Za-z])",
    r"(?<![0-9A-Za-z])dvd[59](?![0-9A-Za-z])",
    r"(?<![0-9A-Za-z])\d[ ._-]?(?:cds?|dvds?|dis[ck]s?|audio|subs?|videos?)(?![0-9A-Za-z])",
    r"(?<![0-9A-Za-z])rev\d(?![0-9A-Za-z])",
    # Marks of a release's second try.
    r"(?<![0-9A-Za-z])(?-i:REPACK\d?|PROPER\d?|RERIP\d?)(?![0-9A-Za-z])",
    r"第\s?[0-9]{1,2}\s?[巻卷]",
    r"全\s?[0-9]{1,4}\s?[集話话回]|(?<![0-9])[0-9]{1,4}\s?[集話话回]全",
)  # fmt: skip
_NOISE = re.compile("|".join(_PIECES), re.IGNORECASE)


def mask(text: str) -> str:
    """The text with its technical tokens blanked out; every character keeps its place."""
    return _NOISE.sub(_blank, text)


def blank(text: str, start: int, end: int) -> str:
    """The text with the characters from `start` to `end` blanked out."""
    return text[:start] + BLANK * (end - start) + text[end:]


def _blank(found: re.Match[str]) -> str:
    return BLANK * len(found.group())
