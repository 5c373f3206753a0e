"""What a rule is, and how it is written into a file that Prometheus 2.42 reads."""

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, field

from episodarr_rules.thresholds import duration

EPISODE_KEY = "job, instance, sonarr, tvdb_id, season, episode"
DOWNLOAD_KEY = "job, instance, sonarr, download_id"
DELETION_KEY = "job, instance, deletion_id"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """One recording rule."""

    record: str
    expr: str

    def as_mapping(self) -> dict[str, object]:
        """The rule as Prometheus' YAML wants it."""
        return {"record": self.record, "expr": dedented(self.expr)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One alert with every sentence of its messages."""

    name: str
    expr: str
    severity: str
    summary: str
    """One sentence for one alert."""
    plural: str
    """The sentence for several alerts of one group, without their number at its start."""
    description: str
    """A second sentence, for a message about this alert alone."""
    subject: str
    """Its name within its group, short: shown once it is over."""
    line: str = ""
    """Its line in a list of several; by default the subject."""
    order: str = ""
    """The value of the label that Alertmanager sorts the alerts of one group by."""
    for_seconds: int = 0
    keep_firing_seconds: int = 0
    depends_on: str = ""
    """The system without which it means nothing; that system's outage mutes it."""
    labels: Mapping[str, str] = field(default_factory=dict)

    def as_mapping(self, runbook: str) -> dict[str, object]:
        """The rule as Prometheus' YAML wants it; `runbook` is the address of RUNBOOK.md."""
        rule: dict[str, object] = {"alert": self.name, "expr": dedented(self.expr)}
        if self.for_seconds:
            rule["for"] = duration(self.for_seconds)
        if self.keep_firing_seconds:
            rule["keep_firing_for"] = duration(self.keep_firing_seconds)
        labels = {"severity": self.severity}
        if self.depends_on:
            labels["depends_on"] = self.depends_on
        if self.order:
            labels["alert_order"] = self.order
        rule["labels"] = labels | dict(self.labels)
        rule["annotations"] = {
            "summary": self.summary,
            "plural": self.plural,
            "line": self.line or self.subject,
            "subject": self.subject,
            "description": self.description,
            "runbook_url": f"{runbook}#{self.name.lower()}",
        }
        return rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Rules that are evaluated together, one file each."""

    name: str
    rules: tuple[Recording | Alert, ...]


def dedented(expr: str) -> str:
    """PromQL without the indentation of the Python around it."""
    return textwrap.dedent(expr).strip("\n").rstrip()
