"""Requests joined to series: which one, how much of it, and what is still open."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from episodarr.model.ids import EpisodeKey, SeriesKey, SonarrName, SonarrSeriesId, TvdbId
from episodarr.model.library import Series
from episodarr.model.request import MediaRequest, MediaStatus, RequestId, RequestStatus
from episodarr.model.seerr_servers import SeerrServers, SeerrSonarr
from episodarr.model.stage import Stage
from episodarr.model.view import EpisodeView, RequestView, SeasonView, SeriesView
from episodarr.stages.requests import (
    named_servers,
    place_requests,
    requested_seasons,
    unfinished_seasons,
    view_requests,
    wants_title,
)
from episodarr.stages.tally import tally_of, telling_stage
from tests.replacing import replace

NOW = datetime(2026, 1, 31, 18, 0, tzinfo=UTC)
TV, ANIME, UHD = SonarrName("tv"), SonarrName("anime"), SonarrName("tv-4k")
SPY = TvdbId(405920)


def a_series(
    sonarr: SonarrName = ANIME, tvdb_id: int = SPY, own_id: int = 7, tmdb_id: int | None = 120089
) -> Series:
    return Series(
        key=SeriesKey(sonarr, TvdbId(tvdb_id)),
        sonarr_id=SonarrSeriesId(own_id),
        title=f"Show {tvdb_id} of {sonarr}",
        title_slug="show",
        series_type="anime",
        year=2022,
        is_monitored=True,
        path="/x",
        tmdb_id=tmdb_id,
    )


def a_request(number: int = 1, **changes: object) -> MediaRequest:
    request = MediaRequest(
        request_id=RequestId(number),
        status=RequestStatus.APPROVED,
        media_status=MediaStatus.PROCESSING,
        is_4k=False,
        tmdb_id=120089,
        tvdb_id=SPY,
        server_id=0,
        sonarr_series_id=SonarrSeriesId(7),
        seasons=(1, 2),
        created_at=NOW - timedelta(days=3),
    )
    return replace(request, **changes)


def a_view(
    series: Series, stages: dict[int, list[Stage] | None], *, aired: bool = True
) -> SeriesView:
    def episode(season: int, number: int, stage: Stage) -> EpisodeView:
        return EpisodeView(
            key=EpisodeKey(series.key.sonarr, series.key.tvdb_id, season, number),
            title="t",
            stage=stage,
            progress_ratio=1.0 if stage >= Stage.IMPORTING else 0.0,
            air_at=NOW - timedelta(days=1) if aired else NOW + timedelta(days=1),
        )

    seasons: list[SeasonView] = []
    for season, listed in stages.items():
        episodes = (
            tuple(episode(season, i, stage) for i, stage in enumerate(listed, 1))
            if listed is not None
            else None
        )
        tally = tally_of(episodes) if episodes is not None else None
        seasons.append(
            SeasonView(
                season=season,
                is_active=False,
                stage=telling_stage(tally) if tally is not None else None,
                tally=tally,
                available_from_statistics=0,
                episodes=episodes,
            )
        )
    return SeriesView(
        key=series.key,
        title=series.title,
        title_slug=series.title_slug,
        series_type=series.series_type,
        year=series.year,
        stage=None,
        tally=None,
        seasons=tuple(seasons),
    )


def joined(
    request: MediaRequest, stages: dict[int, list[Stage] | None], *, aired: bool = True
) -> RequestView:
    series = a_series()
    views = {series.key: a_view(series, stages, aired=aired)}
    (view,) = view_requests(place_requests([request], [series]), views, NOW)
    return view


def key_of(
    request: MediaRequest,
    library: Iterable[Series],
    names: dict[int, SonarrName] | None = None,
) -> SeriesKey | None:
    servers = SeerrServers(name_by_server=names or {})
    (placed,) = place_requests([request], library, servers)
    return placed.series.key if placed.series is not None else None


# --- which series ------------------------------------------------------------------------------


def test_by_tvdb_id_though_sonarrs_own_id_has_changed() -> None:
    assert key_of(a_request(sonarr_series_id=None), [a_series(own_id=99)]) == SeriesKey(ANIME, SPY)
    stale = a_request(sonarr_series_id=SonarrSeriesId(5))
    assert key_of(stale, [a_series(own_id=99), a_series(tvdb_id=1, own_id=5)]) == SeriesKey(
        ANIME, SPY
    )


def test_the_named_server_has_it_or_nobody() -> None:
    library = [a_series(TV), a_series(ANIME)]
    assert key_of(a_request(server_id=1), library, {1: ANIME}) == SeriesKey(ANIME, SPY)
    assert key_of(a_request(server_id=1), [a_series(TV)], {1: ANIME}) is None


def test_without_a_tvdb_id_the_server_and_its_own_id_decide() -> None:
    blind = a_request(tvdb_id=None, server_id=1, tmdb_id=None)
    library = [a_series(TV, 1, 7), a_series(ANIME, 2, 7)]
    assert key_of(blind, library, {1: ANIME}) == SeriesKey(ANIME, TvdbId(2))
    assert key_of(blind, library) is None


def test_without_a_tvdb_id_and_a_server_tmdb_decides() -> None:
    assert key_of(a_request(tvdb_id=None, server_id=None), [a_series()]) == SeriesKey(ANIME, SPY)
    assert key_of(a_request(tvdb_id=None, tmdb_id=None), [a_series(tmdb_id=None)]) is None


@pytest.mark.parametrize(("is_4k", "expected"), [(False, TV), (True, UHD)])
def test_between_unnamed_servers_4k_decides(is_4k: bool, expected: SonarrName) -> None:
    library = [a_series(UHD, own_id=1), a_series(TV, own_id=2)]
    request = a_request(sonarr_series_id=None, is_4k=is_4k)
    assert key_of(request, library) == SeriesKey(expected, SPY)
    known = a_request(sonarr_series_id=SonarrSeriesId(1), is_4k=is_4k)
    assert key_of(known, library) == SeriesKey(UHD, SPY), "its own id says more than its name"


HD_SERVER = SeerrSonarr(server_id=0, url="http://localhost:1", is_4k=False, is_default=True)
UHD_SERVER = SeerrSonarr(server_id=1, url="http://localhost:2", is_4k=True, is_default=True)


@pytest.mark.parametrize("server_id", [None, 0])
def test_a_request_for_hd_never_stands_for_a_sonarr_of_4k(server_id: int | None) -> None:
    """Only the 4K Sonarr has the series: 22 of its 24 episodes were shown for the HD request."""
    by_address = named_servers(
        (HD_SERVER, UHD_SERVER), {TV: "http://127.0.0.1:1", ANIME: "http://[::1]:2/"}
    )
    for servers in (by_address, SeerrServers(servers=(HD_SERVER, UHD_SERVER)), SeerrServers()):
        uhd = ANIME if servers is by_address else UHD
        request = a_request(server_id=server_id, sonarr_series_id=None)
        (placed,) = place_requests([request], [a_series(uhd)], servers)
        assert placed.series is None
        for_4k = a_request(server_id=None, sonarr_series_id=None, is_4k=True)
        (placed,) = place_requests([for_4k], [a_series(uhd), a_series(TV)], servers)
        assert placed.series is not None
        assert placed.series.key.sonarr == uhd


def test_a_request_without_a_server_goes_to_the_default_one_of_its_kind() -> None:
    second = replace(HD_SERVER, server_id=2, url="http://localhost:3", is_default=False)
    ours = {TV: "http://localhost:1", UHD: "http://localhost:2", ANIME: "http://localhost:3"}
    servers = named_servers((second, HD_SERVER, UHD_SERVER), ours)
    library = [a_series(ANIME), a_series(TV), a_series(UHD)]
    for is_4k, expected in ((False, TV), (True, UHD)):
        request = a_request(server_id=None, sonarr_series_id=None, is_4k=is_4k)
        (placed,) = place_requests([request], library, servers)
        assert placed.series is not None
        assert placed.series.key.sonarr == expected


def test_servers_are_named_by_address() -> None:
    servers = [
        SeerrSonarr(server_id=0, url="http://Sonarr:8989/tv", is_4k=False),
        SeerrSonarr(server_id=1, url="https://x.test", is_4k=False),
        SeerrSonarr(server_id=2, url="http://[", is_4k=True),
        SeerrSonarr(server_id=3, url="http://other:8989", is_4k=True),
    ]
    urls = {TV: "http://sonarr:8989/tv/", ANIME: "https://x.test:443", UHD: "http://x.test:99999"}
    assert named_servers(servers, urls).name_by_server == {0: TV, 1: ANIME}


def test_servers_under_another_host_are_named_by_what_they_hold() -> None:
    servers = [SeerrSonarr(server_id=0, url="http://172.17.0.2:8989", is_4k=False)]
    urls = {TV: "http://sonarr:8989", ANIME: "http://anime:8989"}
    library = [a_series(TV, 1, 1), a_series(ANIME, 1, 2), a_series(TV, 3, 3), a_series(ANIME, 3, 3)]
    fits = a_request(tvdb_id=TvdbId(1), sonarr_series_id=SonarrSeriesId(2))
    both = a_request(tvdb_id=TvdbId(3), sonarr_series_id=SonarrSeriesId(3))
    assert named_servers(servers, urls, [both], library).name_by_server == {}
    assert named_servers(servers, urls, [both, fits], library).name_by_server == {0: ANIME}
    named = replace(servers[0], url=urls[TV])
    assert named_servers([named], urls, [fits], library).name_by_server == {0: TV}, (
        "the address says more"
    )
    assert named_servers([], urls, [a_request(server_id=None)], library).name_by_server == {}
    other = a_request(tvdb_id=TvdbId(1), sonarr_series_id=SonarrSeriesId(1))
    assert named_servers(servers, urls, [fits, other], library).name_by_server == {}


# --- what came of it ---------------------------------------------------------------------------

A, D, Q, U = Stage.AVAILABLE, Stage.DOWNLOADING, Stage.QUEUED, Stage.UNMONITORED


def test_only_requested_seasons_count() -> None:
    view = joined(a_request(), {0: [Q], 1: [A, A], 2: [A, D], 3: [Q, Q]})
    assert view.tally is not None
    assert dict(view.tally.by_stage) == {A: 3, D: 1}
    assert (view.tally.available, view.tally.tracked) == (3, 4)
    assert not view.is_finished


@pytest.mark.parametrize(("aired", "stage"), [(True, Stage.QUEUED), (False, Stage.UNAIRED)])
def test_what_sonarr_is_not_asked_for_counts_all_the_same(aired: bool, stage: Stage) -> None:
    view = joined(a_request(seasons=(1,)), {1: [A, U, U]}, aired=aired)
    assert view.tally is not None
    assert dict(view.tally.by_stage) == {A: 1, stage: 2}
    assert view.tally.available_ratio == pytest.approx(1 / 3)
    assert not view.is_finished


def test_unread_seasons_leave_the_tally_open() -> None:
    view = joined(a_request(), {1: [A], 2: None})
    assert view.tally is None
    assert not view.is_finished
    assert joined(a_request(), {3: [A]}).tally is None
    assert joined(a_request(seasons=()), {1: [A]}).tally is None


def test_a_requested_season_that_sonarr_does_not_have_keeps_it_open() -> None:
    view = joined(a_request(), {1: [A, A]})
    assert view.tally is not None
    assert view.tally.available_ratio == 1.0
    assert not view.is_finished


@pytest.mark.parametrize(
    ("status", "stages", "is_finished"),
    [
        (RequestStatus.APPROVED, [A, A], True),
        (RequestStatus.APPROVED, [A, Q], False),
        (RequestStatus.PENDING, [A, A], True),
        (RequestStatus.COMPLETED, [A, Q], True),
        (RequestStatus.DECLINED, [Q], True),
        (RequestStatus.FAILED, [Q], False),
        (RequestStatus.UNKNOWN, [Q], False),
        (RequestStatus.APPROVED, [], False),
    ],
)
def test_when_nobody_waits_any_more(
    status: RequestStatus, stages: list[Stage], is_finished: bool
) -> None:
    assert joined(a_request(seasons=(1,), status=status), {1: stages}).is_finished is is_finished


def test_4k_and_normal_and_second_requests_stay_apart() -> None:
    normal, uhd = a_series(TV, own_id=1), a_series(UHD, own_id=2)
    views = {
        normal.key: a_view(normal, {1: [A, A], 2: [Q]}),
        uhd.key: a_view(uhd, {1: [Q, Q], 2: [Q]}),
    }
    requests = [
        a_request(3, seasons=(2,), sonarr_series_id=SonarrSeriesId(1)),
        a_request(2, is_4k=True, seasons=(1,), sonarr_series_id=SonarrSeriesId(2)),
        a_request(1, seasons=(1,), sonarr_series_id=SonarrSeriesId(1)),
    ]
    first, second, third = view_requests(place_requests(requests, [uhd, normal]), views, NOW)
    assert [v.request_id for v in (first, second, third)] == [1, 2, 3]
    assert [v.sonarr for v in (first, second, third)] == [TV, UHD, TV]
    assert [v.is_4k for v in (first, second, third)] == [False, True, False]
    assert [v.tally.available for v in (first, second, third) if v.tally] == [2, 0, 0]
    assert [v.is_finished for v in (first, second, third)] == [True, False, False]


def test_a_request_that_is_in_no_sonarr_yet_is_shown() -> None:
    (view,) = view_requests(place_requests([a_request(requested_by="anya")], []), {}, NOW)
    assert (view.sonarr, view.tvdb_id, view.tally) == (None, SPY, None)
    assert view.requested_by == "anya"
    assert not view.is_finished


def test_seasons_asked_for_by_series() -> None:
    series = a_series()
    placed = place_requests(
        [
            a_request(1, seasons=(1,), status=RequestStatus.COMPLETED),
            a_request(2, seasons=(2, 3)),
            a_request(3, seasons=(9,), status=RequestStatus.DECLINED),
            a_request(4, seasons=(4,), tvdb_id=TvdbId(1)),
        ],
        [series],
    )
    assert dict(requested_seasons(placed)) == {series.key: {1, 2, 3}}
    assert dict(unfinished_seasons(placed, {}, NOW)) == {series.key: {2, 3}}
    views = {series.key: a_view(series, {2: [A], 3: [A]})}
    assert dict(unfinished_seasons(placed, views, NOW)) == {}


_STAGES = st.lists(st.sampled_from(list(Stage)), max_size=4)
_REQUESTS = st.lists(
    st.builds(
        MediaRequest,
        request_id=st.integers(1, 99).map(RequestId),
        status=st.sampled_from(RequestStatus),
        media_status=st.sampled_from(MediaStatus),
        is_4k=st.booleans(),
        tmdb_id=st.none() | st.integers(1, 2),
        tvdb_id=st.none() | st.integers(1, 3).map(TvdbId),
        server_id=st.none() | st.integers(0, 2),
        sonarr_series_id=st.none() | st.integers(1, 3).map(SonarrSeriesId),
        seasons=st.lists(st.integers(0, 3), max_size=3).map(tuple),
        created_at=st.just(NOW),
    ),
    max_size=5,
    unique_by=lambda request: request.request_id,
)


@given(
    _REQUESTS,
    st.dictionaries(st.integers(0, 3), st.none() | _STAGES, max_size=4),
    st.dictionaries(st.integers(0, 2), st.sampled_from([TV, ANIME]), max_size=3),
)
def test_the_laws_of_requests(
    requests: list[MediaRequest],
    stages: dict[int, list[Stage] | None],
    names: dict[int, SonarrName],
) -> None:
    library = [a_series(TV, 1, 1, 1), a_series(ANIME, 1, 2, 1), a_series(ANIME, 2, 3, None)]
    views = MappingProxyType({s.key: a_view(s, stages) for s in library[1:]})
    shown = view_requests(
        place_requests(requests, library, SeerrServers(name_by_server=names)), views, NOW
    )
    assert [v.request_id for v in shown] == sorted(r.request_id for r in requests)
    for view in shown:
        if view.tally is None:
            continue
        counted = [stages[s] for s in set(view.seasons) if s in stages]
        assert None not in counted
        assert view.tally.tracked == sum(len(c) for c in counted if c is not None)
        assert Stage.UNMONITORED not in view.tally.by_stage


@pytest.mark.parametrize(
    ("changes", "name", "wanted"),
    [
        ({}, "TVDB 405920", True),
        ({"title": "SPY x FAMILY", "title_slug": "spy-x-family"}, "SPY x FAMILY", False),
        ({"title_slug": "spy-x-family"}, "spy x family", False),
        ({"title_slug": "405920"}, "TVDB 405920", True),
        ({"tvdb_id": None}, "TMDB 120089", True),
        ({"tvdb_id": None, "tmdb_id": None}, "unknown series", True),
        ({"status": RequestStatus.DECLINED}, "TVDB 405920", False),
    ],
)
def test_a_request_in_no_sonarr_has_the_best_name_there_is(
    changes: dict[str, object], name: str, *, wanted: bool
) -> None:
    request = replace(a_request(), **changes)
    (view,) = view_requests(place_requests([request], []), {}, NOW)
    assert view.series == name
    (placed,) = place_requests([request], [])
    assert wants_title(placed) is wanted
