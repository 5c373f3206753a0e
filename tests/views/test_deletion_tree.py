from datetime import timedelta

import msgspec
import pytest

from episodarr.model.deletion import (
    Answer,
    DeletionScope,
    DeletionStatus,
    DeletionView,
    NoticedBy,
    Verdict,
)
from episodarr.model.health import System
from episodarr.views.deletion_documents import deletion_document, deletion_summary
from episodarr.views.deletion_tree import (
    deletion_picture,
    evidence_branches,
    shown_status,
    verdict_sentence,
)
from episodarr.views.tree import Picture
from episodarr.views.words import Tone
from tests.builders import (
    NOW,
    a_deleted_episode_view,
    a_deletion_view,
    a_partial_deletion_view,
)


def a_picture(view: DeletionView) -> Picture:
    return deletion_picture(deletion_summary(view), NOW)


def rows_of(view: DeletionView) -> list[str]:
    return [f"{row.label} {row.mark} {row.words}" for row in a_picture(view).rows]


def row_of(view: DeletionView, system: System) -> str:
    found = next(row for row in a_picture(view).rows if row.key == system.value)
    return f"{found.mark} {found.words}"


def test_the_second_picture_of_the_design() -> None:
    picture = a_picture(a_deletion_view())
    assert (picture.heading, picture.state, picture.tone) == (
        "Charlotte (2015)",
        "COMPLETE",
        Tone.GOOD,
    )
    assert rows_of(a_deletion_view()) == [
        "Episodes  13/13 deleted",
        "Sonarr ✓ series removed",
        "Disk ✓ 13 files gone",
        "Shoko ✓ series unlinked",
        "Jellyfin ✓ 13 episodes removed",
        "Jellyseerr ✓ request cleared",
    ]


def test_the_bad_one_of_the_design() -> None:
    view = a_partial_deletion_view()
    assert verdict_sentence(deletion_summary(view)) == (
        "Deleted 23/25 episodes, 2 failed: S02E11 (disk), S02E12 (disk, Jellyfin)"
    )
    assert row_of(view, System.DISK) == "✗ 23 gone, 2 still there"
    assert row_of(view, System.JELLYFIN) == "✗ 24 gone, 1 still there"
    assert row_of(view, System.SHOKO) == "✓ series unlinked"
    assert a_picture(view).advice == view.advice


def test_a_year_in_the_title_is_not_shown_twice() -> None:
    assert a_picture(a_deletion_view(title="Charlotte (2015)")).heading == "Charlotte (2015)"
    assert a_picture(a_deletion_view(year=0)).heading == "Charlotte"


def test_still_there_within_its_time_is_no_failure_yet() -> None:
    answers = {System.DISK: Answer.REMAINING, System.SHOKO: Answer.UNKNOWN}
    view = a_deletion_view(
        episodes=[a_deleted_episode_view(1, n, Verdict.PENDING, answers) for n in (1, 2)],
        status=DeletionStatus.VERIFYING,
        finished_at=None,
    )
    assert row_of(view, System.DISK) == "… 2 still there"
    assert row_of(view, System.SHOKO) == "? 2 not known yet"
    assert a_picture(view).summary == "Deleted 0/2 episodes, 2 still being checked"


def test_unknown_is_never_shown_as_gone() -> None:
    answers = {System.DISK: Answer.UNKNOWN}
    view = a_deletion_view(
        episodes=[a_deleted_episode_view(1, n, Verdict.UNVERIFIED, answers) for n in (1, 2)],
        status=DeletionStatus.UNVERIFIED,
        records={System.JELLYSEERR: Answer.UNKNOWN},
    )
    assert row_of(view, System.DISK) == "? 2 could not be checked"
    assert row_of(view, System.JELLYSEERR) == "? request not known"
    assert a_picture(view).summary == "Deleted 0/2 episodes, 2 not verified"


def test_one_unknown_among_removed_ones_takes_the_check_mark_away() -> None:
    unknown = a_deleted_episode_view(1, 3, Verdict.UNVERIFIED, {System.JELLYFIN: Answer.UNKNOWN})
    episodes = [a_deleted_episode_view(1, 1), a_deleted_episode_view(1, 2), unknown]
    view = a_deletion_view(episodes=episodes, status=DeletionStatus.UNVERIFIED)
    assert row_of(view, System.JELLYFIN) == "? 2 gone, 1 could not be checked"


def test_leftovers_say_what_is_left_and_what_to_do() -> None:
    stale = {System.SHOKO: Answer.STALE, System.JELLYFIN: Answer.STALE}
    view = a_deletion_view(
        episodes=[a_deleted_episode_view(1, n, answers=stale) for n in range(1, 14)],
        status=DeletionStatus.LEFTOVERS,
        records={System.JELLYSEERR: Answer.REMAINING, System.QBITTORRENT: Answer.REMAINING},
        advice=["Run Remove Missing Files in Shoko."],
        lingering_bytes=5 << 30,
    )
    assert a_picture(view).tone is Tone.WAITING
    assert row_of(view, System.SHOKO) == "~ 13 left as records, their files are gone"
    assert row_of(view, System.JELLYSEERR) == "~ request still there"
    assert row_of(view, System.QBITTORRENT) == "– torrent still there, 5.0 GiB (seeding is fine)"
    assert a_picture(view).advice == ("Run Remove Missing Files in Shoko.",)


@pytest.mark.parametrize(
    ("system", "answer", "shown"),
    [
        (System.SONARR, Answer.REMAINING, "~ 13 episode files removed, the series is still listed"),
        (System.JELLYFIN, Answer.STALE, "~ 13 episodes removed, an empty series or season is left"),
        (
            System.DISK,
            Answer.REMAINING,
            "~ 13 files gone, other video files are left in the folder",
        ),
        (System.SHOKO, Answer.UNKNOWN, "? 13 files unlinked, the rest could not be checked"),
        (System.QBITTORRENT, Answer.REMOVED, "✓ torrent removed"),
        (System.QBITTORRENT, Answer.NOT_APPLICABLE, "– no torrent known"),
        (System.JELLYSEERR, Answer.NOT_APPLICABLE, "– nothing was requested"),
        (System.JELLYSEERR, Answer.STALE, "~ request left, its media is gone"),
    ],
)
def test_records_of_a_deletion_never_make_it_bad(
    system: System, answer: Answer, shown: str
) -> None:
    assert row_of(a_deletion_view(records={system: answer}), system) == shown


def test_systems_that_never_saw_it_do_not_apply() -> None:
    unseen = {System.SHOKO: Answer.NOT_APPLICABLE}
    view = a_deletion_view(
        episodes=[a_deleted_episode_view(1, 1, answers=unseen)],
        records={System.SHOKO: Answer.NOT_APPLICABLE},
    )
    assert row_of(view, System.SHOKO) == "– never seen there"


def test_a_season_is_not_the_series() -> None:
    view = a_deletion_view(
        scope=DeletionScope.SEASON,
        records={System.SONARR: Answer.NOT_APPLICABLE, System.SHOKO: Answer.NOT_APPLICABLE},
    )
    assert row_of(view, System.SONARR) == "✓ 13 episode files removed"
    assert row_of(view, System.SHOKO) == "✓ 13 files unlinked"


def test_a_series_without_files_has_no_files_gone() -> None:
    rows = rows_of(a_deletion_view(episodes=[]))
    assert rows[0] == "Episodes  0/0 deleted"
    assert "Sonarr ✓ series removed" in rows
    assert "Disk ✓ nothing left" in rows
    assert a_picture(a_deletion_view(episodes=[])).ratio is None


def test_a_long_list_of_failures_is_cut_and_counted() -> None:
    answers = {System.DISK: Answer.REMAINING}
    failed = [a_deleted_episode_view(1, n, Verdict.FAILED, answers) for n in range(1, 71)]
    sentence = verdict_sentence(deletion_summary(a_deletion_view(episodes=failed)))
    assert sentence.startswith("Deleted 0/70 episodes, 70 failed: S01E01 (disk), ")
    assert sentence.endswith("S01E12 (disk) and 58 more")


def test_acknowledged_ones_say_so() -> None:
    view = a_deletion_view(status=DeletionStatus.FAILED, is_acknowledged=True)
    assert a_picture(view).state == "FAILED (acknowledged)"


def test_the_story_tells_when_and_how() -> None:
    view = a_deletion_view(started_at=NOW - timedelta(minutes=40))
    assert a_picture(view).remarks == ("40 min ago, noticed by Sonarr's webhook",)


def test_evidence_names_every_check() -> None:
    branches = evidence_branches(deletion_document(a_partial_deletion_view()))
    assert [branch.heading for branch in branches] == ["Season 1", "Season 2"]
    last = branches[1].rows[-1]
    assert (last.label, last.mark, last.words, last.tail) == (
        "E12",
        "✗",
        "failed",
        "Disk, Jellyfin",
    )
    assert len(last.notes) == 4
    assert last.notes[1].startswith("Disk: remaining — not there; control seen (/media/anime/")


def test_a_status_of_a_newer_server_is_shown_as_it_is() -> None:
    assert shown_status("paused") == ("PAUSED", Tone.PLAIN)


def test_what_was_never_seen_is_counted_apart_and_not_as_gone() -> None:
    """18 of 23 files went, and 5 had never been seen: "23 files gone" is not true."""
    unseen = {System.DISK: Answer.NOT_APPLICABLE, System.JELLYFIN: Answer.NOT_APPLICABLE}
    episodes = [a_deleted_episode_view(1, n) for n in range(1, 19)]
    episodes += [a_deleted_episode_view(1, n, answers=unseen) for n in range(19, 24)]
    view = a_deletion_view(episodes=episodes)
    assert row_of(view, System.DISK) == "✓ 18 files gone, 5 never seen there"
    assert row_of(view, System.JELLYFIN) == "✓ 18 episodes removed, 5 never seen there"
    (disk,) = (s for s in deletion_summary(view).systems if s.system == "disk")
    assert disk.file_count == 18


@pytest.mark.parametrize(
    ("noticed_by", "shown"),
    [(NoticedBy.WEBHOOK, "3 files kept, as reported"), (NoticedBy.POLL, "3 files kept")],
)
def test_kept_files_are_shown_as_kept(noticed_by: NoticedBy, shown: str) -> None:
    """It read "Sonarr ? never seen there, the rest could not be checked"."""
    unknown = dict.fromkeys(System, Answer.UNKNOWN)
    view = msgspec.structs.replace(
        a_deletion_view(
            episodes=[a_deleted_episode_view(1, n, Verdict.SUPERSEDED) for n in (1, 2, 3)],
            status=DeletionStatus.FILES_KEPT,
            records=unknown,
        ),
        noticed_by=noticed_by,
    )
    assert row_of(view, System.SONARR) == f"– series removed, {shown}"
    assert row_of(view, System.JELLYFIN) == "– not expected to go"
    assert a_picture(view).summary == f"Series removed, {shown}"


def test_a_record_that_nobody_can_tell_of_is_named() -> None:
    view = a_deletion_view(
        status=DeletionStatus.UNVERIFIED, records={System.JELLYSEERR: Answer.UNKNOWN}
    )
    assert a_picture(view).summary == (
        "Deleted 13/13 episodes, what Jellyseerr still has could not be checked"
    )
