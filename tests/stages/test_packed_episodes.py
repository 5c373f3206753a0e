"""What is known of packed episodes without unpacking them is what they are."""

from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st

from episodarr.model.ids import EpisodeFileId, SonarrEpisodeId
from episodarr.model.library import Episode
from episodarr.stages.packed_episodes import PackedEpisodes

LARGEST = 2**63 - 1
numbers = st.none() | st.integers(-LARGEST, LARGEST)
moments = st.none() | st.datetimes(
    min_value=datetime(1900, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
episodes = st.builds(
    Episode,
    sonarr_id=st.integers(1, LARGEST).map(SonarrEpisodeId),
    season=st.integers(0, LARGEST),
    episode=st.integers(0, LARGEST),
    title=st.text(),
    is_monitored=st.booleans(),
    file_id=st.none() | st.integers(1, LARGEST).map(EpisodeFileId),
    tvdb_id=numbers,
    absolute=numbers,
    scene_season=numbers,
    scene_episode=numbers,
    scene_absolute=numbers,
    air_date=st.none() | st.dates(min_value=date(1, 1, 1)),
    air_at=moments,
    last_search_at=moments,
)


@given(st.lists(episodes, max_size=10))
def test_every_field_of_an_episode_is_packed(listed: list[Episode]) -> None:
    packed = PackedEpisodes(listed)
    assert list(packed) == listed
    assert list(packed.ids()) == [episode.sonarr_id for episode in listed]
    wanted = [e for e in listed if e.is_monitored and e.file_id is None]
    assert packed.lacks_wanted == bool(wanted)
