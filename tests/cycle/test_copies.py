"""Which series are in several Sonarrs, so that their files are told apart in another system."""

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from episodarr.cycle.copies import same_series_in
from episodarr.errors import BadPayload
from episodarr.model.ids import SeriesKey, SonarrName
from episodarr.model.library import Series
from episodarr.stages.same_series import SeriesElsewhere
from episodarr.systems.sonarr.state import SonarrState
from tests.library import TV, a_series
from tests.systems.sonarr.test_sonarr_restart import Sonarr

NOW = datetime(2026, 1, 31, 18, 0, tzinfo=UTC)
UHD = SonarrName("uhd")
OURS = a_series(7)
THEIRS = replace(OURS, key=SeriesKey(UHD, OURS.key.tvdb_id), path="/uhd/Series 7")
ELSEWHERE = (SeriesElsewhere(folder="/uhd/Series 7", names=None),)


def a_sonarr(name: SonarrName, *series: Series) -> SonarrState:
    state = SonarrState(name, Sonarr(), clock=lambda: NOW)
    state.library.series.succeed({one.sonarr_id: one for one in series}, NOW)
    return state


def test_a_series_that_was_deleted_from_one_sonarr_is_still_in_the_other() -> None:
    """From then on the other's copies in Jellyfin were taken for the deleted files."""
    tv, uhd = a_sonarr(TV, OURS), a_sonarr(UHD, THEIRS)
    same_series_of = same_series_in((tv, uhd))
    assert same_series_of(OURS.key) == ELSEWHERE
    tv.library.series.succeed({}, NOW)
    assert same_series_of(OURS.key) == ELSEWHERE
    uhd.library.series.succeed({}, NOW)
    assert same_series_of(OURS.key) == ()


def test_where_else_it_is_follows_from_the_other_sonarrs_alone() -> None:
    """A Sonarr that was not read since the start hid what Jellyfin and Shoko show of its files."""
    unread = SonarrState(TV, Sonarr(), clock=lambda: NOW)
    assert same_series_in((unread,))(OURS.key) == ()
    same_series_of = same_series_in((unread, a_sonarr(UHD, THEIRS)))
    assert same_series_of(OURS.key) == ELSEWHERE
    with pytest.raises(BadPayload, match="tv was not read yet"):
        same_series_of(THEIRS.key)
