"""The labels, each with its meaning and, where the list is closed, its values."""

from episodarr.metrics.family import Label
from episodarr.model.deletion import Answer, DeletionScope, DeletionStatus, NoticedBy
from episodarr.model.health import System
from episodarr.model.reading import FailureReason
from episodarr.model.request import RequestStatus
from episodarr.model.stage import Hold, Stage

DOWNLOAD_STATES = (
    "queued",
    "metadata",
    "checking",
    "downloading",
    "stalled",
    "paused",
    "seeding",
    "complete",
    "error",
    "unknown",
)
SONARR_EVENTS = (
    "Test",
    "Grab",
    "Download",
    "Rename",
    "SeriesAdd",
    "SeriesDelete",
    "EpisodeFileDelete",
    "Health",
    "HealthRestored",
    "ApplicationUpdate",
    "ManualInteractionRequired",
)
"""`eventType` of Sonarr v4's webhooks, in Sonarr's own spelling."""
OTHER = "other"
"""The value of a label for anything that its list of values lacks."""
RESCAN_RESULTS = ("succeeded", "failed", "refused")
WATCHED_STAGES = (Stage.FOUND, Stage.DOWNLOADING, Stage.IMPORTING)
"""The stages whose length is measured, and in which a release decides."""
FINAL_STATUSES = tuple(
    status
    for status in DeletionStatus
    if status not in (DeletionStatus.VERIFYING, DeletionStatus.HELD)
)
"""What a first verdict can be."""

SONARR = Label("sonarr", "name of the Sonarr instance in the configuration")
TVDB_ID = Label("tvdb_id", "the series' number at TVDB; empty where it is not known")
SERIES = Label("series", "the series' title")
SEASON = Label("season", "season number, decimal; 0 is the specials")
EPISODE = Label("episode", "episode number within the season, decimal")
EPISODE_CODE = Label("episode_code", 'both numbers as people write them: "S02E11"')
TITLE_SLUG = Label("title_slug", "the series' name in Sonarr's URLs")
SERIES_TYPE = Label("series_type", "standard, daily, anime, or what a newer Sonarr reports")
YEAR = Label("year", "year of the first episode; 0 where Sonarr does not know it")
EPISODE_STAGE = Label("episode_stage", "where an episode is", tuple(s.label for s in Stage))
TRACKED_STAGE = Label(
    "episode_stage",
    "where an episode is; unmonitored episodes are in no bucket",
    tuple(s.label for s in Stage if s is not Stage.UNMONITORED),
)
WATCHED_STAGE = Label(
    "episode_stage", "the stage that was left", tuple(s.label for s in WATCHED_STAGES)
)
HOLD = Label("hold", "the one thing an episode waits for", tuple(h.value for h in Hold))
DOWNLOAD_HOLD = Label("hold", "the one thing a download waits for", tuple(h.value for h in Hold))
RELEASE = Label("release", "name of the upload")
QUALITY = Label("quality", "Sonarr's name of the quality")
RELEASE_GROUP = Label("release_group", "who made the release; may be empty")
INDEXER = Label("indexer", "where Sonarr found the release; may be empty")
PROTOCOL = Label("protocol", "torrent, usenet or unknown")
DOWNLOAD_CLIENT = Label("download_client", "Sonarr's name of the client")
DOWNLOAD_ID = Label(
    "download_id", "a torrent's hash, or the client's id; empty for pending releases"
)
SEASONS = Label("seasons", 'the seasons a download is for: "2", "1-2"; may be empty')
DOWNLOAD_STATE = Label("download_state", "what the client does with it", DOWNLOAD_STATES)
REQUEST_ID = Label("request_id", "the request's number in Jellyseerr")
IS_4K = Label("is_4k", "whether the 4K edition was asked for", ("true", "false"))
REQUESTED_BY = Label("requested_by", "display name of who asked; empty unless configured")
REQUEST_STATUS = Label(
    "request_status", "Jellyseerr's status of the request", tuple(s.value for s in RequestStatus)
)
DELETION_ID = Label("deletion_id", "the deletion's id in the log")
SCOPE = Label("scope", "how much was deleted", tuple(s.value for s in DeletionScope))
NOTICED_BY = Label("noticed_by", "what noticed it first", tuple(n.value for n in NoticedBy))
DELETION_STATUS = Label(
    "deletion_status", "where a deletion stands", tuple(s.value for s in DeletionStatus)
)
FINAL_STATUS = Label("deletion_status", "the first verdict", tuple(s.value for s in FINAL_STATUSES))
SYSTEM = Label("system", "kind of upstream, or the disk", tuple(s.value for s in System))
CHECK = Label("check", "what the system shows of it", tuple(a.value for a in Answer))
UPSTREAM = Label("upstream", "name of the upstream in the configuration")
ENDPOINT = Label("endpoint", "route of the upstream's API, without ids or queries")
REASON = Label("reason", "why a request gave no fact", tuple(r.value for r in FailureReason))
EVENT = Label("event", "Sonarr's own word for the event", (*SONARR_EVENTS, OTHER))
RESULT = Label("result", "how a rescan went", RESCAN_RESULTS)
FAMILY = Label("family", "the metric that something was left out of")
VERSION = Label("version", "version of the software")

SERIES_KEY = (SONARR, TVDB_ID, SERIES)
SEASON_KEY = (*SERIES_KEY, SEASON)
EPISODE_KEY = (*SEASON_KEY, EPISODE, EPISODE_CODE)
DOWNLOAD_KEY = (SONARR, DOWNLOAD_ID)
REQUEST_KEY = (REQUEST_ID,)
DELETION_KEY = (DELETION_ID, SERIES)
UPSTREAM_KEY = (UPSTREAM, SYSTEM)
