"""The five systems and the disk: each folder knows one of them.

client    sends requests, and does nothing else
wire      parses the answers; pure, and alone knows that system's field names
records   what the API gives
matches   what follows for Sonarr's episodes, from the pure modules beside it that compare them
state     what the cycle keeps of it
evidence  what verification asks: `holding()` before a deletion, `check()` after, `rescan()`

Errors are always `episodarr.errors.UpstreamError`; nothing here answers "there is none" after a
failed request or read.
"""

import sys

# httpx imports its own command line, with rich and pygments, unless that import fails, as it does
# where its extra `cli` is not installed. Nothing here calls it.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]  # the documented way to forbid an import
