"""Seeded names and numbers: titles, releases, hashes. The same seed gives the same library."""

from __future__ import annotations

import hashlib
import random
import re

GIB = 1024**3
MIB = 1024**2

_FIRST = [
    "Amber",
    "Arctic",
    "Autumn",
    "Blue",
    "Broken",
    "Copper",
    "Crimson",
    "Distant",
    "Electric",
    "Falling",
    "Forgotten",
    "Frozen",
    "Gentle",
    "Glass",
    "Golden",
    "Hidden",
    "Hollow",
    "Iron",
    "Ivory",
    "Last",
    "Lonely",
    "Lost",
    "Midnight",
    "Northern",
    "Paper",
    "Pale",
    "Quiet",
    "Restless",
    "Rising",
    "Salt",
    "Scarlet",
    "Second",
    "Secret",
    "Silent",
    "Silver",
    "Sleeping",
    "Southern",
    "Stolen",
    "Velvet",
    "Wandering",
    "Western",
    "White",
    "Wild",
    "Winter",
]
_SECOND = [
    "Alchemist",
    "Archive",
    "Atlas",
    "Bridge",
    "Canyon",
    "Cartographer",
    "Castle",
    "Chronicle",
    "Compass",
    "Courier",
    "Detective",
    "Diary",
    "Embassy",
    "Empire",
    "Engine",
    "Family",
    "Forest",
    "Garden",
    "Gardener",
    "Harbor",
    "Horizon",
    "Hospital",
    "Island",
    "Kingdom",
    "Lantern",
    "Library",
    "Lighthouse",
    "Machine",
    "Mirror",
    "Mountain",
    "Observatory",
    "Orchard",
    "Orchestra",
    "Pharmacy",
    "Railway",
    "River",
    "School",
    "Shore",
    "Station",
    "Theatre",
    "Tower",
    "Valley",
    "Voyage",
    "Witness",
]
INDEXERS = ("Nyaa (Prowlarr)", "TorrentLeech (Prowlarr)", "SceneTime (Prowlarr)")


def seeded(seed: int, purpose: str) -> random.Random:
    """A generator of its own for each purpose, so that adding one draw shifts nothing elsewhere."""
    return random.Random(f"{seed}:{purpose}")  # noqa: S311 -- sample data, not a secret


def hex_id(*parts: object, length: int = 40) -> str:
    """Lower-case hexadecimal digits that follow from the parts.

    Args:
        parts: What the identifier stands for.
        length: Digits to return, at most 64.
    """
    text = "\x1f".join(str(part) for part in parts)
    return hashlib.sha256(text.encode()).hexdigest()[:length]


def small_hash(*parts: object) -> int:
    """A positive 31-bit number that follows from the parts."""
    return int(hex_id(*parts, length=8), 16) & 0x7FFF_FFFF


def show_title(index: int) -> str:
    """A title for the show of that number; no two numbers share one."""
    first = _FIRST[index % len(_FIRST)]
    second = _SECOND[index * 7 % len(_SECOND)]
    volume = index // (len(_FIRST) * len(_SECOND)) if index % len(_FIRST) else 0
    serial = index // len(_FIRST)
    suffix = f" {serial + volume}" if serial else ""
    return f"The {first} {second}{suffix}"


def slug(title: str) -> str:
    """The title as Sonarr writes it in URLs."""
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-") or "series"


def clean(title: str) -> str:
    """The title with nothing but letters and digits, Sonarr's ``cleanTitle``."""
    return re.sub(r"[^\w]", "", title.lower())


def folder_name(title: str) -> str:
    """The title without what file systems refuse."""
    return re.sub(r'[<>:"/\\|?*]', "", title).rstrip(". ") or "Series"


def dotted(title: str) -> str:
    """The title as release names write it."""
    return re.sub(r"[^\w]+", ".", title).strip(".")


def episode_code(season: int, number: int) -> str:
    """The usual short form, ``S02E11``."""
    return f"S{season:02d}E{number:02d}"
