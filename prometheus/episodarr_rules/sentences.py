"""Pieces of the templates that Prometheus fills in: names, lengths of time, episodes, reasons."""

from collections.abc import Mapping

REASONS: Mapping[str, str] = {
    "timeout": "it did not answer in time",
    "unreachable": "no connection: refused, no route or no such name",
    "unauthorized": "it refused the key or the password (401 or 403)",
    "not_found": "nothing is at that address (404)",
    "rate_limited": "it asks for fewer requests (429)",
    "server_error": "it reported an error of its own (5xx)",
    "redirected": "it sent the request elsewhere (3xx)",
    "bad_status": "it answered with an unexpected status",
    "bad_payload": "its answer could not be read",
}
"""What each value of the label `reason` means."""

CODE_ORDER = '{{ reReplaceAll " " "0" (printf "S%2sE%4s" $labels.season $labels.episode) }}'
"""Sorts as the episodes do, beyond the ninety-ninth too."""


def system_name(value: str) -> str:
    """A template that prints the name of a system as its makers write it; `value` is a field."""
    return (
        f'{{{{ if eq {value} "qbittorrent" }}}}qBittorrent{{{{ else if eq {value} "disk" }}}}disk'
        f"{{{{ else }}}}{{{{ title {value} }}}}{{{{ end }}}}"
    )


UPSTREAM = (
    system_name("$labels.system")
    + "{{ if ne $labels.system $labels.upstream }} {{ $labels.upstream }}{{ end }}"
)
"""Of some systems there is only one, and it is called like its kind."""


def age(value: str = "$value") -> str:
    """A template that prints seconds as people say them: "9 h", "1 d 12 h", "5 m"."""
    whole = f'(reReplaceAll " 0[hms].*$" "" (humanizeDuration {value}))'
    leading = f'(reReplaceAll "^([0-9]+d [0-9]+h|[0-9]+[dhms]).*$" "$1" {whole})'
    return f'{{{{ reReplaceAll "([0-9])([dhms])" "$1 $2" {leading} }}}}'


CODES = (
    "{{ $episodes := printf `max by (season, episode, episode_code) "
    '(episodarr_episode_release_info{sonarr="%s",download_id="%s"})` '
    '$labels.sonarr $labels.download_id | query | sortByLabel "episode_code" }}'
    '{{ $codes := "" }}{{ $last := "" }}'
    "{{ range $i, $e := $episodes }}{{ $last = $e.Labels.episode_code }}"
    '{{ if $i }}{{ $codes = printf "%s, %s" $codes $last }}{{ else }}{{ $codes = $last }}{{ end }}'
    "{{ end }}"
    "{{ if gt (len $episodes) 3 }}"
    '{{ $codes = printf "%s–%s" ((first $episodes).Labels.episode_code) $last }}{{ end }}'
    "{{ if not $codes }}{{ with $labels.seasons }}"
    '{{ $codes = printf "season %s" . }}'
    '{{ if match "[-,]" . }}{{ $codes = printf "seasons %s" . }}{{ end }}{{ end }}{{ end }}'
)
"""Sets `$codes` to the episodes that wait for a download: "S02E04", "S01E01–S01E13", or its seasons."""


def why_down() -> str:
    """A template that prints ": " and why the last requests to an upstream failed, if that is known."""
    failures = 'episodarr_upstream_request_failures_total{upstream="%s",system="%s"}'

    def lately(window: str) -> str:
        # A reason that was met for the first time has no increase yet: its sample is new instead.
        return (
            f"topk(1, sum by (reason) ((increase({failures}[{window}]) > 0)"
            f" or ({failures} unless {failures} offset {window}) > bool 0))"
        )

    query = " or on () ".join(lately(window) for window in ("5m", "15m", "1h"))
    arguments = " ".join(["$labels.upstream $labels.system"] * query.count("upstream="))
    reasons = "".join(
        f'{{{{ {"else if" if number else "if"} eq .Labels.reason "{reason}" }}}}{words}'
        for number, (reason, words) in enumerate(REASONS.items())
    )
    return (
        f"{{{{ range printf `{query}` {arguments} | query }}}}: {reasons}{{{{ end }}}}{{{{ end }}}}"
    )


def space(query: str, arguments: str) -> str:
    """A template that prints "; 3.2 GiB stay" for a query of bytes, and nothing for none."""
    return (
        f"{{{{ range printf `{query} / 1073741824 >= 0.05` {arguments} | query }}}}"
        '; {{ . | value | printf "%.1f" }} GiB stay{{ end }}'
    )
