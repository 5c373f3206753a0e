"""Laws that hold for every row of the catalogue."""

import re
from itertools import combinations

import pytest

from episodarr.metrics.catalogue import FAMILIES, RECORDED, SUBJECTS
from episodarr.metrics.family import Family, Kind, RecordedFamily
from episodarr.metrics.health import LIMITED_FAMILIES
from episodarr.metrics.labels import (
    CHECK,
    DELETION_STATUS,
    DOWNLOAD_STATE,
    DOWNLOAD_STATES,
    EPISODE_STAGE,
    HOLD,
    NOTICED_BY,
    REASON,
    REQUEST_STATUS,
    SCOPE,
    SYSTEM,
)
from episodarr.metrics.rendering.exposition import Exposition
from episodarr.metrics.rendering.text import openmetrics_head
from episodarr.model.deletion import Answer, DeletionScope, DeletionStatus, NoticedBy
from episodarr.model.health import System
from episodarr.model.reading import FailureReason
from episodarr.model.request import RequestStatus
from episodarr.model.stage import Hold, Stage
from tests.metrics.reading import read_text, values_of
from tests.metrics.scene import FixedInstruments, everything, some_counters

CLASHES = {"stage", "service", "type", "instance", "job", "env", "region", "team", "le", "quantile"}

PAGE = read_text(
    b"".join(
        Exposition("all", instruments=FixedInstruments()).update(everything(), some_counters()).text
    )
)


def names_of(row: Family) -> tuple[str, ...]:
    if row.kind is Kind.HISTOGRAM:
        return tuple(f"{row.name}_{part}" for part in ("bucket", "sum", "count"))
    return (row.name,)


def by_name(row: Family) -> str:
    return row.name


@pytest.mark.parametrize("row", FAMILIES, ids=by_name)
class TestEachRow:
    def test_its_name_follows_the_conventions(self, row: Family) -> None:
        assert re.fullmatch(r"(episodarr|process)(_[a-z0-9]+)+", row.name)
        assert row.name.endswith("_total") is (row.kind is Kind.COUNTER)
        assert not re.search(r"_(sum|count|bucket|created)$", row.name)

    def test_its_help_is_sentences_that_name_the_source(self, row: Family) -> None:
        assert row.meaning.endswith(".")
        assert row.help.endswith(f"From {row.source}, as of the last cycle.")
        # Neither format would need an escape here.
        assert not set('"\\\n') & set(row.help)

    def test_its_labels_are_named_well(self, row: Family) -> None:
        names = row.label_names
        assert len(names) == len(set(names))
        assert not CLASHES & set(names)
        assert all(re.fullmatch(r"[a-z0-9_]+", name) for name in names)

    def test_its_bound_is_reported(self, row: Family) -> None:
        assert re.search(r"\d", row.bound)

    def test_the_scene_has_a_sample_of_it_with_exactly_its_labels(self, row: Family) -> None:
        for name in names_of(row):
            samples = values_of(PAGE, name)
            assert samples, f"{name} has no sample in the scene"
            extra = {"le"} if name.endswith("_bucket") else set[str]()
            for labels in samples:
                assert {key for key, _ in labels} == set(row.label_names) | extra

    def test_bounded_labels_stay_in_their_list(self, row: Family) -> None:
        bounded = {label.name: label.values for label in row.labels if label.values is not None}
        for labels in values_of(PAGE, names_of(row)[0]):
            for key, value in labels:
                assert key not in bounded or value in bounded[key]

    def test_histograms_alone_have_buckets(self, row: Family) -> None:
        buckets = row.buckets if isinstance(row, RecordedFamily) else ()
        assert bool(buckets) is (row.kind is Kind.HISTOGRAM)
        assert list(buckets) == sorted(set(buckets))


def test_names_are_unique_in_both_formats() -> None:
    names = [row.name for row in FAMILIES]
    strict = [openmetrics_head(row).split()[2] for row in FAMILIES]
    assert len(names) == len(set(names))
    assert len(strict) == len(set(strict))


def test_no_family_takes_a_name_that_another_one_s_samples_have() -> None:
    samples = [name for row in FAMILIES for name in names_of(row)]
    assert len(samples) == len(set(samples))


@pytest.mark.parametrize(
    ("label", "members"),
    [
        (EPISODE_STAGE, [stage.label for stage in Stage]),
        (HOLD, list(Hold)),
        (DOWNLOAD_STATE, list(DOWNLOAD_STATES)),
        (REQUEST_STATUS, list(RequestStatus)),
        (SCOPE, list(DeletionScope)),
        (NOTICED_BY, list(NoticedBy)),
        (DELETION_STATUS, list(DeletionStatus)),
        (SYSTEM, list(System)),
        (CHECK, list(Answer)),
        (REASON, list(FailureReason)),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_bounded_labels_list_every_word(label: object, members: list[str]) -> None:
    assert getattr(label, "values") == tuple(str(member) for member in members)  # noqa: B009


def test_two_families_with_the_same_labels_never_tell_the_same() -> None:
    # Else a row that reads the wrong field would not show in the golden files.
    for first, second in combinations(FAMILIES, 2):
        if set(first.label_names) == set(second.label_names) and first.kind is second.kind:
            one, other = (values_of(PAGE, names_of(row)[0]) for row in (first, second))
            assert one != other, f"{first.name} and {second.name} cannot be told apart"


def test_every_info_family_is_one_per_key() -> None:
    for row in FAMILIES:
        if row.name.endswith("_info") and row.key and row.name != "episodarr_request_season_info":
            key = {label.name for label in row.key} - {"series"}
            keys = [
                frozenset(pair for pair in labels if pair[0] in key)
                for labels in values_of(PAGE, row.name)
            ]
            assert len(keys) == len(set(keys)), row.name


def test_limited_families_exist_and_every_limit_is_among_them() -> None:
    assert set(LIMITED_FAMILIES) <= {row.name for row in FAMILIES}
    assert {row.name for row in FAMILIES if row.limit is not None} <= set(LIMITED_FAMILIES)


def test_each_family_is_under_one_head_only() -> None:
    assert sum(map(len, SUBJECTS.values())) == len(FAMILIES) == len({r.name for r in FAMILIES})
    assert set(RECORDED) < {row.name for row in FAMILIES}


DESIGNED = """
series_info series_stage season_stage series_episodes season_episodes series_tracked_episodes
season_tracked_episodes series_available_ratio season_available_ratio series_progress_ratio
season_progress_ratio episode_stage episode_stage_code episode_progress_ratio
episode_stage_entered_timestamp_seconds episode_air_timestamp_seconds
episode_last_search_timestamp_seconds episode_hold episode_release_info
episode_stage_duration_seconds episode_grab_to_available_seconds grabs_total
download_failures_total imports_total download_info download_state download_hold
download_size_bytes
download_remaining_bytes download_connected_seeds download_eta_seconds
download_added_timestamp_seconds download_last_progress_timestamp_seconds
download_received_bytes_total request_info request_season_info request_status request_episodes
request_tracked_episodes request_available_ratio request_progress_ratio
request_created_timestamp_seconds deletion_info deletion_status deletion_expected_episodes
deletion_deleted_episodes deletion_failed_episodes deletion_unverified_episodes
deletion_pending_episodes deletion_partial deletion_acknowledged deletion_system_episodes
deletion_record deletion_leftover deletion_leftover_bytes deletion_lingering_bytes
deletion_started_timestamp_seconds deletion_finished_timestamp_seconds deletions_total
deletion_episodes_expected_total deletion_episodes_deleted_total deletion_episodes_failed_total
deletion_episodes_unverified_total deletions_partial_total deletions_healed_total
held_disappearances upstream_up upstream_last_success_timestamp_seconds upstream_info
upstream_requests_total upstream_request_failures_total upstream_request_duration_seconds
unmatched_series webhook_events_total rescans_total cycles_total cycle_failures_total
cycle_duration_seconds snapshot_timestamp_seconds inventory_pending_series
store_write_failures_total dropped_objects build_info upstream_dropped_records_total
upstream_clock_skew_seconds webhook_contradictions_total
"""


def test_the_catalogue_is_the_designed_one() -> None:
    # Names are a promise to dashboards and rules: a change here is a breaking change.
    ours = {row.name for row in FAMILIES if not row.name.startswith("process_")}
    assert ours == {f"episodarr_{name}" for name in DESIGNED.split()}
