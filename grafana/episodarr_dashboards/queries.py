"""PromQL that several panels share."""

from collections.abc import Mapping, Sequence

from episodarr_dashboards.vocabulary import NOT_KNOWN, SHOWN_SYSTEMS, SINGLE_SYSTEMS

SCOPE = 'job=~"$job",instance=~"$instance"'

SERIES = ("sonarr", "tvdb_id", "series")
EPISODE = (*SERIES, "season", "episode", "episode_code")
DELETION = ("deletion_id", "series")
UPSTREAM = ("upstream", "system")


def metric(name: str, matchers: str = "") -> str:
    """A selector of one of our families within the chosen jobs and instances."""
    return plain(f"episodarr_{name}", matchers)


def plain(name: str, matchers: str = "") -> str:
    """A selector of any family within the chosen jobs and instances."""
    return f"{name}{{{SCOPE}{',' if matchers else ''}{matchers}}}"


def by(labels: Sequence[str], expression: str) -> str:
    """One sample for each combination of these labels, whatever else is there."""
    return f"max by ({', '.join(labels)}) ({expression})"


def worst(labels: Sequence[str], expression: str) -> str:
    """The least of each combination: two exporters may ask the same system, and one not reach it."""
    return f"min by ({', '.join(labels)}) ({expression})"


def within(labels: Sequence[str], expression: str, rows: str, *more: str) -> str:
    """The expression for those label combinations that `rows` has; `more` are labels to keep too."""
    return f"{by((*labels, *more), expression)} and on ({', '.join(labels)}) {rows}"


def shown_system(expression: str, label: str = "system", into: str = "") -> str:
    """The expression with the names of systems as their makers write them."""
    for code, name in SHOWN_SYSTEMS.items():
        expression = (
            f'label_replace({expression}, "{into or label}", "{name}$1", "{label}", "{code}(.*)")'
        )
    return expression


def with_names(expression: str) -> str:
    """The label `name` for legends: "Sonarr tv", and "Jellyfin" where there is only one of a kind."""
    joined = f'label_join({expression}, "name", " ", "system", "upstream")'
    alone = f'label_replace({joined}, "name", "$1", "name", "({one_of(SINGLE_SYSTEMS)}) .*")'
    return shown_system(alone, "name")


def one_of(values: Sequence[str]) -> str:
    """The right side of a matcher: "a|b|c"."""
    return "|".join(values)


def fraction(labels: Sequence[str], part: str, whole: str) -> str:
    """Counts as text: samples with a label `episodes` such as "12/25".

    The parts of PromQL that turn numbers into labels make it possible without a table full of
    separate numbers.
    """
    keys = ", ".join(labels)
    return by((*labels, "episodes"), _joined(keys, by(labels, part), by(labels, whole)))


def _joined(keys: str, part: str, whole: str) -> str:
    return (
        f'label_join(count_values by ({keys}) ("part", {part}) '
        f'* on ({keys}) group_left (whole) count_values by ({keys}) ("whole", {whole}), '
        '"episodes", "/", "part", "whole")'
    )


def coded(
    labels: Sequence[str], name: str, label: str, codes: Mapping[str, int], matchers: str = ""
) -> str:
    """A sparse state as a number: the code of the value that holds, so that it can have a color."""
    terms = " or ".join(
        f"{metric(name, _both(matchers, f'{label}="{value}"'))} * {code}"
        for value, code in codes.items()
    )
    return by(labels, terms)


def _both(first: str, second: str) -> str:
    return f"{first},{second}" if first else second


SONARRS = 'system="sonarr"'


def zero_if_all_sonarrs_answer() -> str:
    """0 where every Sonarr answered, else nothing: an unknown count must not read as zero."""
    return f"0 * (min({metric('upstream_up', SONARRS)}) == 1)"


def if_a_sonarr_answers(expression: str) -> str:
    """The expression while at least one Sonarr answers: what none has reported lately is not known."""
    return f"({expression}) and on () (max({metric('upstream_up', SONARRS)}) == 1)"


def or_unknown(expression: str) -> str:
    """The expression, and -1 where it has no answer."""
    return f"{expression} or on () vector({NOT_KNOWN})"


def as_of() -> str:
    """How many seconds ago the last cycle finished; told too where the exporter is down since then."""
    finished = metric("snapshot_timestamp_seconds")
    last = f"min({finished}) or max(last_over_time({finished}[1d]))"
    return or_unknown(f"floor(time() - ({last}))")


def or_unknown_unless(known: str, expression: str) -> str:
    """The expression, and -1 where it has no answer because what it is about is not known either."""
    return f"{expression} or on () (vector({NOT_KNOWN}) unless on () ({known}))"


def if_never(seen: str, label: str, text: str) -> str:
    """-1 all the time, with a text, where in the whole of the time shown there was none of it."""
    ever = f"count(last_over_time({seen}[$__range] @ end()))"
    return f'label_replace(vector({NOT_KNOWN}) unless on () {ever}, "{label}", "{text}", "", "")'


def zero_if_running() -> str:
    """0 where the exporter has a snapshot at all, else nothing."""
    return f"0 * max({metric('snapshot_timestamp_seconds')})"


def quantile(share: float, family: str, labels: Sequence[str] = ()) -> str:
    """A quantile of a histogram over the graph's own interval; nothing where nothing happened."""
    keep = ", ".join((*labels, "le"))
    return (
        f"histogram_quantile({share}, sum by ({keep}) "
        f"(rate({metric(family + '_bucket')}[$__rate_interval]))) >= 0"
    )
