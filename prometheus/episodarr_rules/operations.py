"""Alerts over the exporter and the systems it asks, and the recording rules."""

from episodarr_rules.rule import Alert, Group, Recording
from episodarr_rules.sentences import UPSTREAM, age, why_down
from episodarr_rules.thresholds import Thresholds, arithmetic, duration

JOB = "episodarr"
"""The scrape job's name in prometheus.yml; `up` has no other handle."""


def operations(t: Thresholds) -> Group:
    """Whether what is shown can be believed."""
    return Group(
        name="episodarr-operations",
        rules=(
            _exporter_down(t),
            _exporter_absent(t),
            _snapshot_stale(t),
            _upstream_down(t),
            _upstream_stale(t),
            _clock_skew(t),
            _store_not_writable(t),
            _objects_dropped(t),
            _watchdog(),
        ),
    )


def recordings() -> Group:
    """Sums over the whole library, so that long graphs stay cheap."""
    return Group(
        name="episodarr-recordings",
        rules=(
            Recording(
                record="sonarr_stage:episodarr_season_episodes:sum",
                expr="sum without (tvdb_id, series, season) (episodarr_season_episodes)",
            ),
            Recording(
                record="sonarr:episodarr_season_tracked_episodes:sum",
                expr="sum without (tvdb_id, series, season) (episodarr_season_tracked_episodes)",
            ),
            Recording(
                record="sonarr:episodarr_season_available_per_tracked_episodes:ratio",
                expr="""
                      sum without (tvdb_id, series, season, episode_stage) (
                          episodarr_season_episodes{episode_stage="available"}
                        and on (job, instance, sonarr, tvdb_id, season)
                          episodarr_season_tracked_episodes
                      )
                    /
                      (sonarr:episodarr_season_tracked_episodes:sum > 0)
                """,
            ),
            Recording(
                record="upstream:episodarr_upstream_request_failures_per_requests:ratio_rate15m",
                expr="""
                      sum without (reason, endpoint) (rate(episodarr_upstream_request_failures_total[15m]))
                    /
                      (sum without (endpoint) (rate(episodarr_upstream_requests_total[15m])) > 0)
                """,
            ),
        ),
    )


def _exporter_down(t: Thresholds) -> Alert:
    return Alert(
        name="EpisodarrExporterDown",
        expr=f'max_over_time(up{{job="{JOB}"}}[{duration(t.exporter_down_window_seconds)}]) == 0',
        for_seconds=t.exporter_down_seconds,
        severity="critical",
        summary="Episodarr does not answer",
        plural="exporters do not answer",
        description="Prometheus cannot scrape {{ $labels.instance }}; nothing else can be reported meanwhile.",
        subject="{{ $labels.instance }}",
    )


def _exporter_absent(t: Thresholds) -> Alert:
    return Alert(
        name="EpisodarrExporterAbsent",
        expr=f'absent(up{{job="{JOB}"}})',
        for_seconds=t.exporter_absent_seconds,
        severity="critical",
        summary="Prometheus does not know Episodarr anymore",
        plural="scrape jobs are missing",
        description=f'No target of a job "{JOB}" is configured in Prometheus.',
        subject=f"The job {JOB}",
    )


def _snapshot_stale(t: Thresholds) -> Alert:
    return Alert(
        name="EpisodarrSnapshotStale",
        expr=(
            f"time() - last_over_time(episodarr_snapshot_timestamp_seconds[{duration(t.gap_seconds)}])"
            f" > {arithmetic(t.snapshot_stale_seconds)}"
        ),
        for_seconds=t.settle_seconds,
        severity="critical",
        summary="Episodarr answers but reads nothing any more",
        plural="exporters answer but read nothing any more",
        description=f"The last finished cycle of {{{{ $labels.instance }}}} is {age()} old.",
        subject="{{ $labels.instance }}",
        line=f"{{{{ $labels.instance }}}}, for {age()}",
    )


def _upstream_down(t: Thresholds) -> Alert:
    window = duration(t.upstream_down_window_seconds)
    # For a Sonarr the label `sonarr` is added, so that only what that instance feeds is muted.
    return Alert(
        name="EpisodarrUpstreamDown",
        expr=f"""
            label_replace(
              max_over_time(episodarr_upstream_up{{system="sonarr"}}[{window}]) == 0,
              "sonarr", "$1", "upstream", "(.*)"
            )
            or
              (max_over_time(episodarr_upstream_up{{system!="sonarr"}}[{window}]) == 0)
        """,
        for_seconds=t.upstream_down_seconds,
        severity="warning",
        summary=f"{UPSTREAM} does not answer Episodarr{why_down()}",
        plural="systems do not answer Episodarr",
        description=(
            f"What {UPSTREAM} says is shown as it was, for a quarter of an hour, and then "
            "left out; alerts that need it are muted. What is wrong: episodarr check."
        ),
        subject=UPSTREAM,
        line=f"{UPSTREAM}{why_down()}",
    )


def _upstream_stale(t: Thresholds) -> Alert:
    return Alert(
        name="EpisodarrUpstreamStale",
        # No `keep_firing_for`: it would outlive the outage that mutes it, and be sent afterwards.
        expr=f"""
              time()
            -
              last_over_time(
                episodarr_upstream_last_success_timestamp_seconds[{duration(t.gap_seconds)}]
              )
            >
              {arithmetic(t.upstream_stale_seconds)}
        """,
        for_seconds=t.settle_seconds,
        severity="warning",
        summary=f"What Episodarr knows of {UPSTREAM} is old",
        plural="systems have not been read for long",
        description=f"It was last read whole {age()} ago.",
        subject=UPSTREAM,
        line=f"{UPSTREAM}, {age()} old",
    )


def _clock_skew(t: Thresholds) -> Alert:
    return Alert(
        name="EpisodarrClockSkew",
        expr=f"""
            abs(episodarr_upstream_clock_skew_seconds) > {arithmetic(t.clock_skew_seconds)}
        """,
        for_seconds=t.clock_skew_for_seconds,
        severity="info",
        summary=f"The clocks of {UPSTREAM} and of Episodarr differ",
        plural="clocks differ from Episodarr's",
        description=(
            f"By {age()}. No deletion is lost or repeated by it, but times "
            "and ages that are shown are off."
        ),
        subject=UPSTREAM,
        line=f"{UPSTREAM}, by {age()}",
    )


def _store_not_writable(t: Thresholds) -> Alert:
    return Alert(
        name="EpisodarrStoreNotWritable",
        # What cannot be written is tried again twice a minute: of one failure alone nothing was lost.
        # The log's counters are there from the first scrape on, unless it could not be read.
        expr=f"""
              increase(episodarr_store_write_failures_total[{duration(t.store_window_seconds)}]) > 1.5
            or on (job, instance)
              max without (version) (
                  episodarr_build_info
                and on (job, instance)
                  (episodarr_build_info offset {duration(t.settle_seconds)})
                unless on (job, instance)
                  last_over_time(episodarr_deletions_partial_total[{duration(t.settle_seconds)}])
              )
        """,
        severity="critical",
        summary="Episodarr cannot read or write its log of deletions",
        plural="exporters cannot read or write their log of deletions",
        description=(
            "What is learned of deletions now is lost at a restart. Is the disk of its state directory "
            "full, read-only or away? /-/healthy of {{ $labels.instance }} says what is wrong."
        ),
        subject="The log of {{ $labels.instance }}",
    )


_OF_STORE = '{{ if eq $labels.family "store_rows" }}'


def _objects_dropped(t: Thresholds) -> Alert:
    return Alert(
        name="EpisodarrObjectsDropped",
        # Of a deletion fifty leftovers are named, however many there are: the verdict counts them all.
        expr='episodarr_dropped_objects{family!="episodarr_deletion_leftover"} > 0',
        for_seconds=t.dropped_seconds,
        keep_firing_seconds=t.keep_firing_seconds,
        severity="info",
        summary=f"{_OF_STORE}Damaged rows of Episodarr's store were set aside"
        "{{ else }}Not everything is in the metric {{ $labels.family }}{{ end }}",
        plural="metrics are not whole, or rows of the store are damaged",
        description=f"{_OF_STORE}{{{{ $value }}}} rows; a deletion among them is not followed any more. "
        "Which they are: /-/healthy of {{ $labels.instance }}."
        "{{ else }}{{ $value }} are left out: beyond the limit, or there twice.{{ end }}",
        subject="{{ $labels.family }}",
        line=f"{_OF_STORE}The store: {{{{ $value }}}} damaged rows"
        "{{ else }}{{ $labels.family }}: {{ $value }} left out{{ end }}",
    )


def _watchdog() -> Alert:
    return Alert(
        name="EpisodarrWatchdog",
        expr="vector(1)",
        severity="none",
        summary="Alerting works",
        plural="watchdogs are awake",
        description="Always firing. When it stops arriving, nothing else arrives either.",
        subject="Episodarr's watchdog",
    )
