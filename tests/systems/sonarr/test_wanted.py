"""What something named comes first, and one series a turn besides."""

from datetime import UTC, datetime, timedelta

from episodarr.model.ids import SonarrSeriesId
from episodarr.stages.inputs import SeriesDetail
from episodarr.stages.packed_episodes import PackedEpisodes
from episodarr.systems.sonarr.wanted import (
    READ_ACTIVE_EVERY,
    READ_ALL_EVERY,
    READ_UNDER_WAY_EVERY,
    TURN_EVERY,
    Wanted,
)

NOW = datetime(2026, 1, 31, 18, 0, tzinfo=UTC)
ONE, TWO, THREE = (SonarrSeriesId(number) for number in (1, 2, 3))


def read(**ago: timedelta) -> dict[SonarrSeriesId, SeriesDetail]:
    """Series, the first of them first, read so long ago."""
    return {
        SonarrSeriesId(number): SeriesDetail(
            episodes=PackedEpisodes(()), file_by_id={}, read_at=NOW - age
        )
        for number, age in enumerate(ago.values(), start=1)
    }


def by_turn(
    details: dict[SonarrSeriesId, SeriesDetail],
    *,
    under_way: tuple[SonarrSeriesId, ...] = (),
    active: tuple[SonarrSeriesId, ...] = (),
) -> list[SonarrSeriesId]:
    wanted = Wanted()
    wanted.take_turn(details, under_way=under_way, active=active, now=NOW)
    return wanted.pressing(None)


def test_what_was_named_first_is_read_first_and_only_what_is_listed() -> None:
    wanted = Wanted()
    wanted.add([THREE, ONE])
    wanted.add([TWO, THREE])
    assert wanted.pressing(None) == [THREE, ONE, TWO]
    assert wanted.pressing({ONE, TWO}) == [ONE, TWO]
    assert THREE in wanted
    wanted.drop(THREE)
    assert THREE not in wanted


def test_the_oldest_of_those_with_most_going_on_has_its_turn() -> None:
    minutes = timedelta(minutes=1)
    details = read(a=20 * minutes, b=30 * minutes, c=40 * minutes)
    assert by_turn(details, under_way=(ONE,), active=(TWO, THREE)) == [ONE]
    assert by_turn(details, under_way=(ONE, TWO)) == [TWO]
    assert by_turn(details, active=(ONE, TWO)) == [TWO]
    assert by_turn(details) == []


def test_each_group_has_an_age_of_its_own() -> None:
    for age, group in (
        (READ_UNDER_WAY_EVERY, "under_way"),
        (READ_ACTIVE_EVERY, "active"),
        (READ_ALL_EVERY, None),
    ):
        old, young = read(a=age + timedelta(seconds=1)), read(a=age)
        named = {group: (ONE,)} if group else {}
        assert by_turn(old, **named) == [ONE]
        assert by_turn(young, **named) == []


def test_nobody_has_a_turn_twice_within_its_time() -> None:
    wanted = Wanted()
    assert wanted.is_turn_due(NOW)
    wanted.take_turn({}, under_way=(), active=(), now=NOW)
    assert not wanted.is_turn_due(NOW + TURN_EVERY - timedelta(microseconds=1))
    assert wanted.is_turn_due(NOW + TURN_EVERY)


def test_what_something_names_is_not_there_by_turn_any_more() -> None:
    wanted = Wanted()
    wanted.take_turn(read(a=2 * READ_ALL_EVERY), under_way=(), active=(), now=NOW)
    assert wanted.is_by_turn(ONE)
    wanted.add([ONE])
    assert not wanted.is_by_turn(ONE)


def test_what_is_wanted_already_is_not_there_by_turn() -> None:
    wanted = Wanted()
    wanted.add([ONE])
    wanted.take_turn(read(a=2 * READ_ALL_EVERY), under_way=(), active=(), now=NOW)
    assert not wanted.is_by_turn(ONE)
    assert wanted.pressing(None) == [ONE]
