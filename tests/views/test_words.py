from collections.abc import Callable
from enum import Enum

import pytest

from episodarr.model.deletion import DeletionStatus, NoticedBy
from episodarr.model.health import System
from episodarr.model.reading import FailureReason
from episodarr.model.request import RequestStatus
from episodarr.model.stage import Hold, Stage
from episodarr.views.words import (
    Tone,
    hold_words,
    needs_attention,
    noticed_words,
    remedy,
    request_words,
    shown_system,
    stage_words,
    status_words,
    upstream_name,
)


@pytest.mark.parametrize(
    ("members", "words_of"),
    [
        (Stage, lambda stage: stage_words(stage)[1]),
        (Hold, lambda hold: hold_words(hold)[0]),
        (System, lambda system: system.shown_name),
        (DeletionStatus, lambda status: status_words(status)[0]),
        (NoticedBy, noticed_words),
        (RequestStatus, lambda status: request_words(status)[0]),
        (FailureReason, lambda reason: remedy(reason, "Sonarr tv")),
    ],
)
def test_every_member_has_words_of_its_own(
    members: type[Enum], words_of: Callable[[Enum], str]
) -> None:
    words = [words_of(member) for member in members]
    assert all(words)
    assert len(set(words)) == len(words)


def test_a_system_is_called_what_it_calls_itself() -> None:
    assert System.QBITTORRENT.shown_name == "qBittorrent"
    assert {s.shown_name.lower() for s in System} == {s.value for s in System}


def test_every_stage_has_a_mark_of_its_own() -> None:
    marks = [stage_words(stage)[0] for stage in Stage]
    assert len(set(marks)) == len(Stage)


@pytest.mark.parametrize("reason", FailureReason)
def test_remedies_name_the_system_and_are_sentences(reason: FailureReason) -> None:
    sentence = remedy(reason, "Sonarr tv")
    assert "Sonarr tv" in sentence
    assert sentence.endswith(".")


def test_what_needs_attention() -> None:
    assert needs_attention(Stage.FAILED, None)
    assert needs_attention(Stage.DOWNLOADING, Hold.NO_SEEDS)
    assert needs_attention(Stage.IMPORTING, Hold.IMPORT_BLOCKED)
    assert not needs_attention(Stage.DOWNLOADING, None)
    assert not needs_attention(Stage.IMPORTING, Hold.JELLYFIN_SCAN)
    assert not needs_attention(Stage.QUEUED, None)


def test_good_and_bad_differ_in_more_than_color() -> None:
    good, bad = status_words(DeletionStatus.COMPLETE), status_words(DeletionStatus.FAILED)
    assert (good[1], bad[1]) == (Tone.GOOD, Tone.BAD)
    assert stage_words(Stage.AVAILABLE)[0] != stage_words(Stage.FAILED)[0]


def test_upstreams_are_named_as_people_know_them() -> None:
    assert upstream_name("sonarr", "anime") == "Sonarr anime"
    assert upstream_name("jellyfin", "jellyfin") == "Jellyfin"
    assert shown_system("plex\x1b[2J") == "plex[2J"
