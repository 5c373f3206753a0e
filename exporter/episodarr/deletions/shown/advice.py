"""What a person can do about a deletion that is not complete, one plain sentence each."""

from episodarr.deletions.systems import VERIFIED
from episodarr.model.deletion import ALL_SYSTEMS, Answer, DeletionStatus, NoticedBy, Verdict
from episodarr.model.deletion_log import DeletionRecord, RescanResult
from episodarr.model.evidence import NEVER_CHECKED, Finding, Unclear, sentence_of
from episodarr.model.health import System

OTHERS_IN_FOLDER = (
    "Other video files are in the series' folder, which Sonarr never had and which were not deleted:"
    " see whose they are."
)
REFUSALS = {
    RescanResult.REFUSED_VERSION: "Shoko's rescan was refused: version 4 would change MyList too.",
    RescanResult.REFUSED_FOLDERS: "Shoko's rescan was refused: Shoko cannot see a twentieth or more"
    " of the files of an import folder, which may be unmounted, wholly or in part.",
    RescanResult.FAILED: "A rescan failed; it is tried again.",
}
UNCLEAR_LIMIT = 3
ADVISED = frozenset(
    {
        DeletionStatus.PARTIAL,
        DeletionStatus.FAILED,
        DeletionStatus.UNVERIFIED,
        DeletionStatus.LEFTOVERS,
    }
)


def advice_of(record: DeletionRecord) -> tuple[str, ...]:
    """Sentences for people, most useful first; empty while it is verified or when all is well."""
    if record.status is DeletionStatus.HELD and record.noticed_by is NoticedBy.MISSING:
        return (
            "Very many series lost their files at once, which is not believed: bring the disk or"
            " share back and have Sonarr rescan, or acknowledge it if they were deleted.",
        )
    if record.status is DeletionStatus.HELD:
        return (
            "Very many series vanished at once, which is not believed:"
            " acknowledge it if they were deleted, or bring Sonarr's library back.",
        )
    if record.status not in ADVISED:
        return ()
    return (*_left(record), *_refusals(record), *_unclear(record))


def _left(record: DeletionRecord) -> list[str]:
    """What to do about leftovers; never advises to delete files that no inventory had."""
    left = {Answer.REMAINING, Answer.STALE}
    sentences: list[str] = []
    for system in ALL_SYSTEMS:
        sentence = VERIFIED[system].advice
        if not sentence:
            continue
        if any(e.answer_by_system.get(system) in left for e in record.expected):
            sentences.append(sentence)
        elif record.answer_by_system.get(system) in left:
            sentences.append(OTHERS_IN_FOLDER if system is System.DISK else sentence)
    return sentences


def _refusals(record: DeletionRecord) -> list[str]:
    results = {rescan.result for rescan in record.rescan_by_system.values()}
    return [sentence for result, sentence in REFUSALS.items() if result in results]


def _unclear(record: DeletionRecord) -> list[str]:
    """Why episodes stay unverified: at most `UNCLEAR_LIMIT` reasons, the commonest first."""
    count: dict[str, int] = {}
    for episode in record.expected:
        if episode.verdict is not Verdict.UNVERIFIED:
            continue
        for system, evidence in episode.evidence_by_system.items():
            if isinstance(evidence.finding, Unclear):
                reason = sentence_by(system, evidence.finding)
                count[reason] = count.get(reason, 0) + 1
        if Answer.UNKNOWN not in episode.answer_by_system.values():
            reason = "No system besides Sonarr had seen these files, so none can prove them gone."
            count[reason] = count.get(reason, 0) + 1
    for system, evidence in record.evidence_by_system.items():
        if isinstance(evidence.finding, Unclear) and evidence != NEVER_CHECKED:
            count.setdefault(sentence_by(system, evidence.finding), 0)
    return sorted(count, key=lambda reason: (-count[reason], reason))[:UNCLEAR_LIMIT]


def sentence_by(system: System, finding: Finding) -> str:
    """A finding as a sentence with its system's name; ends with "?" or "."."""
    sentence = f"{system.shown_name}: {sentence_of(finding)}"
    return sentence if sentence.endswith(("?", ".")) else f"{sentence}."
