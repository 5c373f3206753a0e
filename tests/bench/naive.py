"""A poller as exporters of this kind have it: the list, then two requests for each series.

`python -m tests.bench.naive URL KEY` polls once and prints one line of JSON.
"""

import json
import resource
import sys
import time

import httpx


def main() -> None:
    """Poll once."""
    url, key = sys.argv[1:3]
    began = time.perf_counter()
    before = resource.getrusage(resource.RUSAGE_SELF)
    requests = 1
    with httpx.Client(base_url=url, headers={"X-Api-Key": key}, timeout=60) as client:
        series = json.loads(client.get("/api/v3/series").content)
        episodes = 0
        for one in series:
            query = {"seriesId": one["id"]}
            episodes += len(json.loads(client.get("/api/v3/episode", params=query).content))
            json.loads(client.get("/api/v3/episodefile", params=query).content)
            requests += 2
    after = resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    figures = {
        "requests": requests,
        "episodes": episodes,
        "seconds": time.perf_counter() - began,
        "cpu_seconds": cpu,
    }
    sys.stdout.write(json.dumps(figures) + "\n")


if __name__ == "__main__":
    main()
