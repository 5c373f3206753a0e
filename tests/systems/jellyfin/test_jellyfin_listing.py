"""What is found in packed lists is what a search through all items finds, however names are written."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from episodarr.stages.same_series import name_of
from episodarr.systems.jellyfin import packed as packing
from episodarr.systems.jellyfin.packed import Listing, file_name, packed
from episodarr.systems.jellyfin.records import JellyfinEpisode, JellyfinId, ProviderIds

IDS = tuple(JellyfinId(f"{number:032x}") for number in range(8))
FOLDERS = ("/tv", "/tv2", "/TV", "C:\\tv", "/", "")

letters = st.text(
    st.sampled_from("aAb\u00e9\u0301e\u00df\u017f\u0130\u0131K\u212a. "), min_size=1, max_size=3
)
names = letters.filter(lambda text: text.strip(".") != "").map(lambda text: f"{text}.mkv")


@st.composite
def paths(draw: st.DrawFn) -> str:
    folder = draw(st.sampled_from(FOLDERS))
    between = "\\" if "\\" in folder else "/"
    return between.join((folder.rstrip("/"), *draw(st.lists(letters, max_size=1)), draw(names)))


episodes = st.builds(
    JellyfinEpisode,
    item_id=st.sampled_from(IDS),
    series_id=st.none(),
    season_id=st.none(),
    paths=st.lists(paths(), max_size=2).map(tuple),
    season=st.none() | st.integers(-(2**63), 2**63 - 1),
    episodes=st.lists(st.integers(-(2**63), 2**63 - 1), max_size=2).map(tuple),
    provider_ids=st.builds(ProviderIds, tvdb=st.none() | st.integers(1, 10**10), imdb=names),
)
parts = st.lists(
    st.lists(episodes, max_size=4, unique_by=lambda e: e.item_id), min_size=1, max_size=4
)


@pytest.mark.parametrize("collide", [False, True])
@given(parts, st.lists(paths(), max_size=3), st.frozensets(st.sampled_from(IDS)))
def test_a_search_in_packed_lists_finds_what_a_search_in_all_finds(
    collide: bool,
    given_: Sequence[Sequence[JellyfinEpisode]],
    wanted: Sequence[str],
    claim: frozenset[JellyfinId],
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        if collide:
            patch.setattr(packing, "hashed", lambda _: 7)
        listing = Listing([packed(tuple(part)) for part in given_])
        every = [episode for part in given_ for episode in part]
        assert [e for part in listing._parts for e in part.unpacked()] == every
        assert listing.with_ids(claim) == tuple(e for e in every if e.item_id in claim)
        asked = {file_name(path) for path in wanted}
        assert asked == {name_of(path) for path in wanted}
        assert listing.named(asked) == {
            name: [e for e in every if name in map(name_of, e.paths)] for name in asked
        }
        assert listing.is_whole == all(e.paths for e in every)
        assert listing.any_id() == next((e.item_id for e in every if e.paths), None)
        for folder in FOLDERS:
            starts = tuple(f"{folder.rstrip('/')}{between}" for between in "/\\")
            below = [p for e in every if e.item_id not in claim for p in e.paths]
            assert listing.control(folder, claim) == next(
                (path for path in below if path.startswith(starts)), None
            )
