"""Every way we know to write episode 1 to 6 of a season, each as a torrent of its own."""

import pytest

from episodarr.matching import match_files
from episodarr.model.matching import Candidate, ListedFile, SeriesNames

SHOW = SeriesNames(titles=("Show", "剧", "番組", "프로그램", "Шоу"))
QUEUED = [Candidate(season=1, episode=number) for number in range(1, 7)]

FORMS = (
    "Show - 01{n:02d} - T",
    "Show s01{n:02d}",
    "Show.E{n:02d}.of.06.720p",
    "Show - Season 1 - {n:02d} - T",
    "Show Season 1 - Episode {n:02d} - T",
    "Show - S1 - {n:02d}",
    "Show (1999) - 1x{n:02d} - T",
    "1-{n:02d} Pilot",
    "1.{n:02d} Pilot",
    "1{n:02d} Pilot",
    "1x{n} Pilot",
    "S1 {n:02d} Pilot",
    "Show 1-{n:02d}",
    "{n:02d} of 13 - Title",
    "Show {{{n:02d}}} T (1)",
    "Show, Ep. {n} - T",
    "show_e{n:02d}_hd",
    "showep{n:02d}",
    "Show-{n:02d}-Title",
    "Show_{n:02d}_Title",
    "Show.{n:02d}.Title",
    "({n:02d}) Title",
    "[{n:02d}] Title",
    "#{n} Title",
    "Show No.{n}",
    "Show ({n}of6)",
    "Show Day {n}",
    "Show Week {n:02d} 720p",
    "Show Chapter {n}",
    "Show Lesson {n}",
    "Show - Night {n}",
    "Show.Round.{n:02d}.1080p",
    "Show   {n:02d}   720p",
    "[1080p][HEVC][Grp] Show - {n:02d}",
    "Show.S01E{n:02d}.GERMAN.DL.AC3.Dubbed.1080p.BluRay.x264",
    "Show 1x{n:02d} AC3 5.1 ITA ENG 1080p",
    "Show.S01E{n:02d}.DD51.x264",
    "Show.S01E{n:02d}.HEVC.10bit.2160p.HDR10.DV",
    "Show.S01E{n:02d}.1080p60.mkv",
    "Show_2020-01-0{n}_20-15-00_S01E{n:02d}",
    "@Channel_Show_S01E{n:02d}_720p",
    "Show S01EP{n:02d}",
    "Show.s01.ep{n:02d}",
    "Show_S01_E{n:02d}",
    "Show S01-E{n:02d}",
    "【剧】【第{n:02d}集】【1080p】",
    "[剧][EP{n:02d}][1080p]",
    "剧.S01E{n:02d}.2023.1080p.WEB-DL",
    "【自炊】番組 #0{n} 「副題」",
    "프로그램 {n}화 720p",
    "Шоу - Серия {n} из 6",
    "Шоу. Выпуск {n} (эфир 01.02.2020)",
    "Шоу s01e{n:02d} (2020)",
    "Шоу {n:02d} серія",
    "Show S01E{n:02d}",
)


@pytest.mark.parametrize("form", FORMS)
def test_six_files_named_alike_hold_six_episodes(form: str) -> None:
    files = [
        ListedFile(path=f"batch/{form.format(n=number)}.mkv", size_bytes=700_000_000)
        for number in range(1, 7)
    ]
    matched = match_files(SHOW, QUEUED, "batch", files).episodes_by_path()
    assert [matched[file.path] for file in files] == [((1, number),) for number in range(1, 7)]
