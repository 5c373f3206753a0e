"""Torrents made up from parts: seasons, ways to number and name files, extras, spin-offs, titles.

The titles use the words of extras, specials, seasons and numbers on purpose. Every file of every
torrent must be right, whatever the seed; a failure names the seed and the file.
"""

import random
from dataclasses import dataclass, field

import pytest

from episodarr.matching import match_files
from episodarr.model.ids import EpisodeNumber
from episodarr.model.library import AlternateTitle
from episodarr.model.matching import Candidate, ListedFile, SeriesNames

SERIES = [
    "Dark Harbor",
    "The Iron Clause",
    "Zero Hour 7",
    "Kaze no Uta",
    "Area 51 Diaries",
    "The 4400",
    "Blue: Deep Water",
    "Sakura & Steel",
    "11 Roses",
    "Tokyo 24",
    "X-Ray",
    "Doctor's Note",
    "Code:Breaker Zero",
    "The Menu Makers",
    "Special Unit",
    "Bonus Track",
    "夜の王様",
    "斗破苍穹",
    "Кухня мира",
]
TITLES = [
    "The Interview",
    "Trailer Park",
    "Bonus Round",
    "Special Delivery",
    "Pilot",
    "24 Hours",
    "Room 101",
    "Home",
    "1984",
    "The Sample",
    "Making of a Hero",
    "Preview of Death",
    "Recap of Sins",
    "Extra Credit",
    "Opening Night",
    "Ending Credits",
    "Ed",
    "The Concert",
    "Commentary",
    "Promo Code",
    "Episode of Care",
    "Season of the Witch",
    "2 Fast",
    "Part 2",
    "Movie Night",
    "OVA the Rainbow",
    "Digest This",
    "Chapter 3",
    "Volume Up",
    "Disc Jockey",
]
EXTRAS = [
    "NCOP",
    "NCED2v2",
    "Creditless Opening",
    "Menu 1",
    "Trailer 2",
    "PV03",
    "CM 1",
    "Gag Reel",
    "Deleted Scenes",
    "Behind the Scenes",
    "Interview 2",
    "Making of",
    "Preview 03",
    "Bonus 01",
]
FOLDERS = ["Extras", "Featurettes", "Bonus", "SPs", "NC", "Menus", "特典", "Trailers"]
SPIN_OFFS = ["Petit", "Mini Theater", "Junior", "Academy", "Radio"]
OWN_SEASON = (
    "{dotted}.S{s:02d}E{e:02d}.{title}.1080p.WEB-DL.DDP5.1.H.264-GRP",
    "{name} - S{s:02d}E{e:02d} - {title}",
    "{name} - {s}x{e:02d} - {title}",
    "S{s:02d}E{e:02d} - {title}",
    "{name} Season {s} Episode {e} - {title}",
    "{dotted}.{s}{e:02d}.hdtv-lol",
    "[Grp] {name} S{s} - {e:02d} [1080p]",
    "[Grp][{name} S{s}][{e:02d}][1080p]",
)
IN_FOLDER = (
    "{e:02d}",
    "{e:02d} - {title}",
    "{name} - {e:02d} - {title}",
    "Episode {e:02d} - {title}",
    "{e}. {title} (1080p x265 10bit)",
)
RUNNING = (
    "[Grp] {name} - {a:02d} [1080p][{crc:08X}]",
    "[Grp][{name}][{a:02d}][BDRip 1080p]",
    "{name} - {a:03d} - {title}",
    "{a:02d}",
    "[Grp] {name} - {a:02d}v2 (BD 1920x1080 x264 FLAC)",
    "【Grp】{name} 第{a:02d}話 (1440x1080)",
    "[Grp] {name} #{a:02d} - {title} [720p]",
)


@dataclass
class MadeUp:
    """A torrent in the making and the truth about its files."""

    name: str
    alternates: list[AlternateTitle] = field(default_factory=list)
    queued: list[Candidate] = field(default_factory=list)
    held: dict[str, tuple[EpisodeNumber, ...]] = field(default_factory=dict)

    def astray(self, rng: random.Random) -> list[str]:
        files = [
            ListedFile(path=path, size_bytes=int(rng.uniform(0.6, 1.5) * 10**9))
            for path in self.held
        ]
        series = SeriesNames(
            titles=(self.name,), alternate_titles=tuple(self.alternates), series_type="anime"
        )
        torrent_name = rng.choice(["batch", self.name, f"[Grp] {self.name} [1080p]"])
        matched = match_files(series, self.queued, torrent_name, files)
        return [
            f"{found.path}: {found.episodes} by {found.rule} {found.tokens}"
            for found in matched.files
            if found.episodes != self.held[found.path]
        ]


def seasons_of_one_style(rng: random.Random) -> MadeUp:
    made = MadeUp(rng.choice(SERIES))
    seasons = rng.choice([1, 1, 2, 3])
    wanted = rng.choice([range(1, seasons + 1), [rng.randint(1, seasons)]])
    style = rng.choice([OWN_SEASON, IN_FOLDER, RUNNING])
    form, absolute = rng.choice(style), 0
    for season in range(1, seasons + 1):
        count = rng.choice([6, 10, 12, 13, 24])
        first_queued = count // 2 if rng.random() < 0.2 else 1
        for episode, title in enumerate(rng.sample(TITLES, count), start=1):
            absolute += 1
            queued = season in wanted and episode >= first_queued
            if queued:
                made.queued.append(
                    Candidate(
                        season=season,
                        episode=episode,
                        absolute=absolute if style is RUNNING else None,
                        title=title,
                    )
                )
            stem = form.format(
                name=made.name,
                dotted=made.name.replace(" ", ".").replace(":", "").replace("'", ""),
                s=season,
                e=episode,
                a=absolute,
                title=title,
                crc=rng.getrandbits(32),
            )
            folder = f"Season {season}/" if style is IN_FOLDER else ""
            made.held[f"batch/{folder}{stem}.mkv"] = ((season, episode),) if queued else ()
    for extra in rng.sample(EXTRAS, rng.choice([0, 2, 5])):
        beside = f"batch/[Grp] {made.name} - {extra} [1080p].mkv"
        made.held[rng.choice([f"batch/{rng.choice(FOLDERS)}/{extra}.mkv", beside])] = ()
    return made


def sequel_or_spin_off(rng: random.Random) -> MadeUp:
    made = MadeUp(rng.choice(SERIES))
    form = rng.choice(
        [
            "{} - {:02d}",
            "[Grp] {} [{:02d}] [1080p]",
            "[Grp][{}][{:02d}]",
            "{} Ep{:02d}",
            "{} #{:02d}",
        ]
    )
    first, second = rng.choice([6, 12, 13, 24]), rng.choice([6, 10, 12, 13])
    both, spin_off = rng.random() < 0.5, rng.random() < 0.4
    kind = rng.choice([" 2", " II", " S2", " 2nd Season", " Encore", " R2", " Next Generation"])
    sequel = made.name + (f" {rng.choice(SPIN_OFFS)}" if spin_off else kind)
    if kind in (" Encore", " R2", " Next Generation") and not spin_off:
        made.alternates.append(AlternateTitle(title=sequel, season=2))
    for episode in range(1, first + 1):
        queued = both or spin_off
        made.held[f"batch/{form.format(made.name, episode)}.mkv"] = (
            ((1, episode),) if queued else ()
        )
        if queued:
            made.queued.append(Candidate(season=1, episode=episode, absolute=episode))
    for episode in range(1, second + 1):
        held = () if spin_off else ((2, episode),)
        made.held[f"batch/{form.format(sequel, episode)}.mkv"] = held
        if not spin_off:
            made.queued.append(Candidate(season=2, episode=episode, absolute=first + episode))
    return made


@pytest.mark.parametrize("seed", range(150))
def test_seasons_of_one_style_are_matched_without_a_miss(seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311 - seeded on purpose
    assert seasons_of_one_style(rng).astray(rng) == []


@pytest.mark.parametrize("seed", range(150))
def test_sequels_and_spin_offs_are_distinguished(seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311 - seeded on purpose
    assert sequel_or_spin_off(rng).astray(rng) == []
