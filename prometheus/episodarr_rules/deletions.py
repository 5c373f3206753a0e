"""Alerts over deletions: verdicts, which need no `for` because their deadline was the waiting.

They never depend on an upstream being up, and an acknowledgement ends them. A missed scrape must
not: a status that was there before speaks for a while, unless the deletion has another one now.
"""

from episodarr_rules.rule import DELETION_KEY, Alert, Group
from episodarr_rules.thresholds import Thresholds, arithmetic, duration

_NAMED_EPISODES = 10
"""As many leftovers as a notification names; the dashboard has them all."""


def deletions(t: Thresholds) -> Group:
    """Verdicts over deletions, and deletions that did not last."""
    return Group(
        name="episodarr-deletions",
        rules=(_partial(t), _failed(t), _unverified(t), _leftovers(t), _mass(t), _came_back(t)),
    )


def _verdict(status: str, gap: str) -> str:
    return f"""
          (
              last_over_time(episodarr_deletion_status{{deletion_status="{status}"}}[{gap}])
            unless on ({DELETION_KEY})
              episodarr_deletion_status{{deletion_status!="{status}"}}
          )
        unless on ({DELETION_KEY})
          (last_over_time(episodarr_deletion_acknowledged[{gap}]) == 1)
    """


def _count(family: str, gap: str) -> str:
    """A template that prints one of the deletion's counts."""
    query = f'printf `last_over_time(episodarr_deletion_{family}{{deletion_id="%s"}}[{gap}])`'
    return f"{{{{ with {query} $labels.deletion_id | query }}}}{{{{ . | first | value }}}}{{{{ end }}}}"


def _named_leftovers(gap: str) -> str:
    """A template that prints "S02E11 on disk; S02E12 on disk, jellyfin"; the rest as a number."""
    # Between scrapes the last leftovers speak, but only if the deletion itself is not there to
    # say otherwise: an episode that healed must not be named.
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
        "{{ $id := $labels.deletion_id }}"
        f"{{{{ range $i, $e := printf `max by (season, episode, episode_code) ({by_id})` $id $id"
        ' | query | sortByLabel "episode_code" }}'
        f"{{{{ if lt $i {_NAMED_EPISODES} }}}}"
        "{{ if $i }}; {{ end }}{{ $code := $e.Labels.episode_code }}{{ $code }} on "
        f"{{{{ range $j, $s := printf `{by_episode}` $id $code $id $code"
        ' | query | sortByLabel "system" }}{{ if $j }}, {{ end }}{{ $s.Labels.system }}{{ end }}'
        "{{ end }}{{ end }}"
        f"{{{{ range printf `{more}` $id | query }}}}; and {{{{ . | value }}}} more{{{{ end }}}}"
    )


def _still_checked(gap: str) -> str:
    """A template for the rest of the sentence: a verdict on some can come before one on all."""
    pending = f'last_over_time(episodarr_deletion_pending_episodes{{deletion_id="%s"}}[{gap}]) > 0'
    return (
        f"{{{{ range printf `{pending}` $id | query }}}}; {{{{ . | value }}}} still being checked"
        "{{ end }}"
    )


def _partial(t: Thresholds) -> Alert:
    gap = duration(t.gap_seconds)
    return Alert(
        name="EpisodarrDeletionPartial",
        expr=_verdict("partial", gap),
        severity="warning",
        summary=(
            f"Deleted {_count('deleted_episodes', gap)}/{_count('expected_episodes', gap)} "
            "episodes of {{ $labels.series }}, "
            f"{_count('failed_episodes', gap)} failed: {_named_leftovers(gap)}{_still_checked(gap)}"
        ),
        plural="deletions of {{ $labels.series }} are only partly done",
        description="What failed is still held by the systems named. Deletion {{ $labels.deletion_id }}.",
    )


def _failed(t: Thresholds) -> Alert:
    gap = duration(t.gap_seconds)
    return Alert(
        name="EpisodarrDeletionFailed",
        expr=_verdict("failed", gap),
        severity="warning",
        summary=(
            f"Nothing of {{{{ $labels.series }}}} was deleted, {_count('failed_episodes', gap)}/"
            f"{_count('expected_episodes', gap)} episodes remain: {_named_leftovers(gap)}"
        ),
        plural="deletions of {{ $labels.series }} failed",
        description="Every episode is still held somewhere. Deletion {{ $labels.deletion_id }}.",
    )


def _unverified(t: Thresholds) -> Alert:
    gap = duration(t.gap_seconds)

    def known(what: str) -> str:
        return (
            f"printf `last_over_time(episodarr_deletion_{what}"
            f'{{deletion_id="%s"}}[{gap}]) > 0` $labels.deletion_id'
        )

    untold = 'max by (system) (episodarr_deletion_record{deletion_id="%s",check="unknown",system!="qbittorrent"})'
    return Alert(
        name="EpisodarrDeletionUnverified",
        expr=_verdict("unverified", gap),
        severity="warning",
        summary=(
            f"{{{{ if {known('unverified_episodes')} | query }}}}"
            f"Could not prove that {_count('unverified_episodes', gap)}/"
            f"{_count('expected_episodes', gap)} episodes of {{{{ $labels.series }}}} are gone"
            f"{{{{ else if {known('expected_episodes')} | query }}}}"
            f"Deleted {_count('deleted_episodes', gap)}/{_count('expected_episodes', gap)} "
            "episodes of {{ $labels.series }}; could not prove what is left in "
            f"{{{{ range $i, $s := printf `{untold}` $labels.deletion_id"
            ' | query | sortByLabel "system" }}{{ if $i }}, {{ end }}{{ $s.Labels.system }}{{ end }}'
            "{{ else }}"
            "{{ $labels.series }} was deleted before anything was known of its files, "
            "so nobody can prove that they are gone"
            "{{ end }}"
        ),
        plural="deletions of {{ $labels.series }} could not be proven",
        description=(
            "A system did not answer until its deadline, or none had seen the files. "
            "Deletion {{ $labels.deletion_id }}."
        ),
    )


def _leftovers(t: Thresholds) -> Alert:
    gap = duration(t.gap_seconds)
    records = (
        'episodarr_deletion_record{deletion_id="%s",check=~"remaining|stale"} or '
        '(episodarr_deletion_system_episodes{deletion_id="%s",check="stale"} > 0)'
    )
    return Alert(
        name="EpisodarrDeletionLeftovers",
        expr=_verdict("leftovers", gap),
        severity="info",
        summary=(
            f"Deleted {_count('deleted_episodes', gap)}/{_count('expected_episodes', gap)} "
            "episodes of {{ $labels.series }}; records are left in "
            f"{{{{ $id := $labels.deletion_id }}}}{{{{ range $i, $s := printf `max by (system) ({records})`"
            ' $id $id | query | sortByLabel "system" }}{{ if $i }}, {{ end }}{{ $s.Labels.system }}{{ end }}'
        ),
        plural="deletions left records behind",
        description="Every episode is deleted. Deletion {{ $labels.deletion_id }}.",
    )


def _mass(t: Thresholds) -> Alert:
    return Alert(
        name="EpisodarrMassDisappearance",
        expr=f"last_over_time(episodarr_held_disappearances[{duration(t.gap_seconds)}]) > 0",
        severity="critical",
        summary="{{ $value }} series vanished from Sonarr {{ $labels.sonarr }} at once",
        plural="Sonarr instances lost many series at once",
        description=(
            "Or they lost their files. So many at once look like a fault, so nothing is believed "
            "until they come back or it is acknowledged."
        ),
    )


def _came_back(t: Thresholds) -> Alert:
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
        """,
        keep_firing_seconds=t.keep_firing_seconds,
        severity="warning",
        summary="{{ $labels.series }} was deleted and is back within a week",
        plural="deletions of {{ $labels.series }} were undone within a week",
        description=(
            "Something adds again what was deleted: an import list, a request or an automatic search. "
            "Deletion {{ $labels.deletion_id }}."
        ),
    )
