"""Alerts over deletions: verdicts, which need no `for` because their deadline was the waiting.

They never depend on an upstream being up, and an acknowledgement ends them. A missed scrape must
not: a status that was there before counts for a while, unless the deletion has another one now.
A verdict that is over fires a moment longer: an all-clear has the text of the last evaluation, and
only then can it say how the verdict ended.
"""

from episodarr_rules.rule import DELETION_KEY, Alert, Group
from episodarr_rules.sentences import space, system_name
from episodarr_rules.thresholds import Thresholds, arithmetic, duration

_NAMED_EPISODES = 10
"""As many leftovers as a notification names; the dashboard has them all."""

_COMMANDS = (
    "Every answer: episodarr deletions {{ $labels.deletion_id }}. "
    "Ask again: episodarr recheck {{ $labels.deletion_id }}. "
    "Accept it: episodarr ack {{ $labels.deletion_id }}."
)
_SUBJECT = "{{ $labels.series }}, deletion {{ $labels.deletion_id }}"


def deletions(t: Thresholds) -> Group:
    """Verdicts over deletions, and deletions that did not last."""
    return Group(
        name="episodarr-deletions",
        rules=(_partial(t), _failed(t), _unverified(t), _leftovers(t), _mass(t), _came_back(t)),
    )


def _verdict(status: str, t: Thresholds) -> str:
    gap, ending = duration(t.gap_seconds), duration(t.ending_seconds)
    return f"""
          (
              last_over_time(episodarr_deletion_status{{deletion_status="{status}"}}[{gap}])
            unless on ({DELETION_KEY})
              (
                  episodarr_deletion_status{{deletion_status!="{status}"}}
                unless on ({DELETION_KEY})
                  last_over_time(episodarr_deletion_status{{deletion_status="{status}"}}[{ending}])
              )
          )
        unless on ({DELETION_KEY})
          (
              (last_over_time(episodarr_deletion_acknowledged[{gap}]) == 1)
            unless on ({DELETION_KEY})
              (min_over_time(episodarr_deletion_acknowledged[{ending}]) == 0)
          )
    """


def _count(family: str, gap: str) -> str:
    """A template that prints one of the deletion's counts."""
    query = f'printf `last_over_time(episodarr_deletion_{family}{{deletion_id="%s"}}[{gap}])`'
    return f"{{{{ with {query} $labels.deletion_id | query }}}}{{{{ . | first | value }}}}{{{{ end }}}}"


def _fraction(part: str, gap: str) -> str:
    """A template that prints "23/25"."""
    return f"{_count(part, gap)}/{_count('expected_episodes', gap)}"


def _summary_or_end(status: str, summary: str, healed: str, gap: str) -> str:
    """A template that prints the summary, or how the verdict ended if it is over."""

    def holds(condition: str) -> str:
        arguments = " ".join(["$labels.deletion_id"] * condition.count("%s"))
        return f"printf `{condition}` {arguments} | query"

    of = 'deletion_id="%s"'
    acknowledged = holds(f"episodarr_deletion_acknowledged{{{of}}} == 1")
    # What is left of a series may be checked for longer than its episodes.
    better = "complete" if status == "leftovers" else "complete|leftovers|verifying"
    good = holds(
        f"episodarr_deletion_deleted_episodes{{{of}}} == on (deletion_id) "
        f"episodarr_deletion_expected_episodes{{{of}}} and on (deletion_id) "
        f'episodarr_deletion_status{{{of},deletion_status=~"{better}"}}'
    )
    back = holds(f'episodarr_deletion_status{{{of},deletion_status="superseded"}}')
    again = holds(f'episodarr_deletion_status{{{of},deletion_status="verifying"}}')
    other = holds(f'episodarr_deletion_status{{{of},deletion_status!="{status}"}}')
    return (
        f"{{{{ if {acknowledged} }}}}"
        "The deletion of {{ $labels.series }} was acknowledged with "
        f"{_fraction('deleted_episodes', gap)} episodes deleted"
        f"{{{{ else if {good} }}}}{healed}"
        f"{{{{ else if {back} }}}}{{{{ $labels.series }}}} came back, so its deletion is closed"
        f"{{{{ else if {again} }}}}The deletion of {{{{ $labels.series }}}} is being checked again"
        f"{{{{ else if {other} }}}}The deletion of {{{{ $labels.series }}}} has another verdict now"
        f"{{{{ else }}}}{summary}{{{{ end }}}}"
    )


def _named_leftovers(gap: str) -> str:
    """A template that prints "S02E11, S02E12 on disk, Jellyfin"; the rest as a number."""
    # Between scrapes the last leftovers count, but only if the deletion itself is not there to
    # show otherwise: an episode that healed must not be named.
    live = (
        "episodarr_deletion_leftover{%s} or (last_over_time(episodarr_deletion_leftover{%s}[GAP]) "
        "unless on (deletion_id) episodarr_deletion_expected_episodes)"
    ).replace("GAP", gap)
    by_id = live % ('deletion_id="%s"', 'deletion_id="%s"')
    by_episode = live % (
        'deletion_id="%s",episode_code="%s"',
        'deletion_id="%s",episode_code="%s"',
    )
    more = (
        f'last_over_time(episodarr_deletion_failed_episodes{{deletion_id="%s"}}[{gap}])'
        f" - {_NAMED_EPISODES} > 0"
    )
    return (
        '{{ $id := $labels.deletion_id }}{{ $named := "" }}'
        f"{{{{ range $i, $e := printf `max by (season, episode, episode_code) ({by_id})` $id $id"
        ' | query | sortByLabel "episode_code" }}'
        f"{{{{ if lt $i {_NAMED_EPISODES} }}}}"
        '{{ $code := $e.Labels.episode_code }}{{ $systems := "" }}'
        f"{{{{ range $j, $s := printf `max by (system) ({by_episode})` $id $code $id $code"
        ' | query | sortByLabel "system" }}'
        '{{ $name := $s.Labels.system }}{{ if ne $name "disk" }}{{ $name = title $name }}{{ end }}'
        '{{ if $j }}{{ $systems = printf "%s, %s" $systems $name }}'
        "{{ else }}{{ $systems = $name }}{{ end }}{{ end }}"
        # Episodes that the same systems hold stand together, whatever stands between them.
        '{{ $held := printf " on @%s@" $systems }}'
        '{{ if match $held $named }}{{ $named = reReplaceAll $held (printf ", %s%s" $code $held) $named }}'
        '{{ else if $named }}{{ $named = printf "%s; %s%s" $named $code $held }}'
        '{{ else }}{{ $named = printf "%s%s" $code $held }}{{ end }}'
        '{{ end }}{{ end }}{{ reReplaceAll "@" "" $named }}'
        f"{{{{ range printf `{more}` $id | query }}}}; and {{{{ . | value }}}} more{{{{ end }}}}"
    )


def _still_checked(gap: str) -> str:
    """A template for the rest of the sentence: a verdict on some can come before one on all."""
    pending = f'last_over_time(episodarr_deletion_pending_episodes{{deletion_id="%s"}}[{gap}]) > 0'
    return (
        f"{{{{ range printf `{pending}` $id | query }}}}; {{{{ . | value }}}} still being checked"
        "{{ end }}"
    )


def _kept_space(gap: str) -> str:
    """A template that prints "; 3.2 GiB stay"."""
    query = f'last_over_time(episodarr_deletion_leftover_bytes{{deletion_id="%s"}}[{gap}])'
    return space(query, "$id")


def _partial(t: Thresholds) -> Alert:
    gap = duration(t.gap_seconds)
    return Alert(
        name="EpisodarrDeletionPartial",
        expr=_verdict("partial", t),
        severity="warning",
        summary=_summary_or_end(
            "partial",
            f"Deleted {_fraction('deleted_episodes', gap)} episodes of {{{{ $labels.series }}}}, "
            f"{_count('failed_episodes', gap)} failed: {_named_leftovers(gap)}{_kept_space(gap)}"
            f"{_still_checked(gap)}",
            "What had failed of {{ $labels.series }} is gone now: "
            f"{_fraction('deleted_episodes', gap)} episodes are deleted",
            gap,
        ),
        plural="deletions of {{ $labels.series }} are only partly done",
        description=_COMMANDS,
        subject=_SUBJECT,
    )


def _failed(t: Thresholds) -> Alert:
    gap = duration(t.gap_seconds)
    return Alert(
        name="EpisodarrDeletionFailed",
        expr=_verdict("failed", t),
        severity="warning",
        summary=_summary_or_end(
            "failed",
            "Nothing of {{ $labels.series }} was deleted, "
            f"{_fraction('failed_episodes', gap)} episodes remain: "
            f"{_named_leftovers(gap)}{_kept_space(gap)}",
            "All that had failed of {{ $labels.series }} is gone now: "
            f"{_fraction('deleted_episodes', gap)} episodes are deleted",
            gap,
        ),
        plural="deletions of {{ $labels.series }} failed",
        description=_COMMANDS,
        subject=_SUBJECT,
    )


def _unproven(gap: str) -> str:
    """A template that says what could not be proven: episodes, records, or anything at all."""

    def known(what: str) -> str:
        return (
            f"printf `last_over_time(episodarr_deletion_{what}"
            f'{{deletion_id="%s"}}[{gap}]) > 0` $labels.deletion_id'
        )

    unknown = 'max by (system) (episodarr_deletion_record{deletion_id="%s",check="unknown",system!="qbittorrent"})'
    return (
        f"{{{{ if {known('unverified_episodes')} | query }}}}"
        f"Could not prove that {_fraction('unverified_episodes', gap)} episodes of "
        "{{ $labels.series }} are gone"
        f"{{{{ else if {known('expected_episodes')} | query }}}}"
        f"Deleted {_fraction('deleted_episodes', gap)} "
        "episodes of {{ $labels.series }}; could not prove what is left in "
        f"{_systems_of(unknown, '$labels.deletion_id')}"
        "{{ else }}"
        "{{ $labels.series }} was deleted before anything was known of its files, "
        "so nothing can prove that they are gone"
        "{{ end }}"
    )


def _systems_of(query: str, arguments: str) -> str:
    """A template that prints the systems in a query's answer: "Jellyseerr, Shoko"."""
    return (
        f"{{{{ range $i, $s := printf `{query}` {arguments} | query | sortByLabel "
        f'"system" }}}}{{{{ if $i }}}}, {{{{ end }}}}{system_name("$s.Labels.system")}{{{{ end }}}}'
    )


def _unverified(t: Thresholds) -> Alert:
    gap = duration(t.gap_seconds)
    return Alert(
        name="EpisodarrDeletionUnverified",
        expr=_verdict("unverified", t),
        severity="warning",
        summary=_summary_or_end(
            "unverified",
            _unproven(gap),
            "It is proven now that {{ $labels.series }} is gone: "
            f"{_fraction('deleted_episodes', gap)} episodes are deleted",
            gap,
        ),
        plural="deletions of {{ $labels.series }} could not be proven",
        description=(
            "A system did not answer until its deadline, or none had seen the files. " + _COMMANDS
        ),
        subject=_SUBJECT,
    )


def _leftovers(t: Thresholds) -> Alert:
    gap = duration(t.gap_seconds)
    records = (
        'max by (system) (episodarr_deletion_record{deletion_id="%s",check=~"remaining|stale"} or '
        '(episodarr_deletion_system_episodes{deletion_id="%s",check="stale"} > 0))'
    )
    left = _systems_of(records, "$labels.deletion_id $labels.deletion_id")
    return Alert(
        name="EpisodarrDeletionLeftovers",
        expr=_verdict("leftovers", t),
        severity="info",
        summary=_summary_or_end(
            "leftovers",
            f"Deleted {_fraction('deleted_episodes', gap)} "
            f"episodes of {{{{ $labels.series }}}}; records are left in {left}",
            "No record of {{ $labels.series }} is left any more",
            gap,
        ),
        plural="deletions left records behind",
        description="Every episode is deleted. " + _COMMANDS,
        subject=_SUBJECT,
        line=f"{{{{ $labels.series }}}}: {left}",
    )


def _mass(t: Thresholds) -> Alert:
    return Alert(
        name="EpisodarrMassDisappearance",
        expr=f"last_over_time(episodarr_held_disappearances[{duration(t.gap_seconds)}]) > 0",
        severity="critical",
        summary="{{ $value }} series vanished from Sonarr {{ $labels.sonarr }} at once",
        plural="Sonarr instances lost many series at once",
        subject="Sonarr {{ $labels.sonarr }}",
        line="Sonarr {{ $labels.sonarr }}: {{ $value }} series",
        description=(
            "Or they lost their files. So many at once look like a fault, so nothing is believed "
            "until they come back or it is acknowledged."
        ),
    )


def _came_back(t: Thresholds) -> Alert:
    # What was only missing, or held and then there again, was never deleted.
    return Alert(
        name="EpisodarrDeletedCameBack",
        expr=f"""
              (
                  (
                      max_over_time(
                        episodarr_deletion_expected_episodes[{duration(t.came_back_seconds)}]
                      )
                    -
                      episodarr_deletion_expected_episodes
                    > 0
                  )
                or on ({DELETION_KEY})
                  max without (deletion_status) (
                    episodarr_deletion_status{{deletion_status="superseded"}}
                  )
              )
            and on ({DELETION_KEY})
              (
                  time() - episodarr_deletion_started_timestamp_seconds
                <
                  {arithmetic(t.came_back_seconds)}
              )
            unless on ({DELETION_KEY})
              episodarr_deletion_info{{noticed_by="missing"}}
            unless on ({DELETION_KEY})
              max_over_time(
                episodarr_deletion_status{{deletion_status="held"}}[{duration(t.came_back_seconds)}]
              )
            unless on ({DELETION_KEY})
              (episodarr_deletion_acknowledged == 1)
        """,
        keep_firing_seconds=t.keep_firing_seconds,
        severity="warning",
        summary="{{ $labels.series }} was deleted and is back within a week",
        plural="deletions of {{ $labels.series }} were undone within a week",
        description=(
            "Something adds again what was deleted: an import list, a request or an automatic search. "
            "What was deleted: episodarr deletions {{ $labels.deletion_id }}. "
            "Accept it: episodarr ack {{ $labels.deletion_id }}."
        ),
        subject=_SUBJECT,
    )
