"""The five systems and the disk: each folder knows one of them.

sonarr/ qbittorrent/ jellyfin/ shoko/ jellyseerr/ disk/, and in each of them, where it applies:

client    sends requests, and does nothing else
wire      parses the answers; pure, and alone knows that system's field names
records   what the API gives
matches   what follows for Sonarr's episodes, from the pure modules beside it that compare them
state     what the cycle keeps of it
evidence  what verification asks: `holding()` before a deletion, `check()` after, `rescan()`

Shared by them:

http           one connection for each system; `guard` is its transport, `unpacking` unpacks bodies
payload        typed decoding; `refusals` are the messages where that or a request fails
health         how the last requests went
cache          one answer per lifetime, the last good one, and the pause before the next try
freshness      which shared answers are new enough as evidence; `doubt`: whether an empty one is true
paths          Sonarr's paths as text
pending_files  what waits for Jellyfin or Shoko; `scan_waits`: how long; `availability`: the result

Errors are always `episodarr.errors.UpstreamError`; nothing here answers "there is none" after a
failed request or read.
"""

import sys

# httpx imports its own command line, with rich and pygments, unless that import fails, as it does
# where its extra `cli` is not installed. Nothing here calls it.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]  # the documented way to forbid an import
