"""Simulated systems: small, faithful servers that share one world.

Sonarr (several), qBittorrent, Jellyfin, Shoko and Jellyseerr, each on a port of its own, all in
one process and event loop, with the quirks of the real ones. They are for the demo, the tests and
the benchmarks::

    async with Simulation(Scenario.default(seed=1), media_root=folder, speed=1.0) as simulation:
        simulation.urls            # {"sonarr.tv": "http://127.0.0.1:…", …, "control": …}
        simulation.environment()   # EPISODARR_… variables for an exporter
        simulation.world           # the state, with every event as a method
        simulation.fault("sonarr.tv", "status", status=503)
        simulation.clear_faults()
        simulation.requests        # counts and the peak of requests in flight

*Scenarios.* ``Scenario.default()`` is the demo's library: SPY x FAMILY with a season that is
available, E01 of the next downloading at 45 %, E02 stalled at 12 %, E03 searched for and the rest
missing; a pack of Lycoris Recoil in which every episode is at another point; Severance that is
airing, with a release that waits for its delay profile; a failed download of Andor; a blocked
import of Shōgun; Charlotte, deleted 25 s after the start, and Toradora!, deleted 15 s later but
for two files that refuse; a second Sonarr, ``anime4k``, whose ids are the same numbers.
``Scenario.sized(…)`` makes a library of any size, ``Scenario.empty()`` one to build upon with
``add_series``, ``add_download``, ``add_request`` and ``then``.

*Modules.* ``state`` is what the systems keep, ``events`` what happens to it, ``servers`` what they
answer; ``world`` unites the first two, ``simulation`` runs all. ``scenarios`` begin one, ``names``
makes titles and hashes, ``times`` writes each system's form of a time.

*Time.* ``speed`` shortens every wait; all timestamps stay wall-clock time. A test may pass its own
``clock`` and call ``simulation.tick()`` after moving it.

*Webhooks.* With ``webhook_url`` (or ``send_webhooks_to``) each Sonarr posts to that address with
its name appended, with Basic authentication; what cannot be delivered is lost, as in Sonarr.

*The control port*, for other processes; every body is JSON:

- ``GET /control/requests``: per system the total, the peak in flight, counts by method and path
  (ids in paths are written ``{id}``). ``POST /control/requests/reset`` forgets them.
- ``GET /control/faults``; ``POST /control/faults`` with ``{"system", "kind", "seconds"?,
  "status"?, "path_prefix"?}``. Kinds are those of ``Fault``; ``none`` clears the system's, and
  with the system ``all`` those of all.
- ``GET /control/events`` lists the events; ``POST /control/events`` with ``{"event",
  "arguments"}`` runs one: the methods of ``World`` with their arguments. Episodes are
  ``[[season, number], …]``.
- ``GET /control/state``: time, speed, URLs, environment, faults, and how much there is of what.
- ``POST /control/speed`` with ``{"speed"}``.

*The disk.* With a ``media_root`` the media are real, sparse files below it, and every system sees
what is really there. Roots can be unmounted or mounted empty (``set_mount``), files can
refuse deletion (``pin_files``).

*Where it is simpler than the real systems.* One address logs in at qBittorrent, so a ban hits
every client. Sonarr's commands but for searches and queue refreshes only run and end. Sonarr never
suspends a failing webhook connection. Every Sonarr season is one AniDB series. Jellyfin knows one
API key and no users; of item filters it takes those that a reader of libraries needs.
"""

from episodarr.simulator.events.intake import SeasonPlan, SeriesPlan
from episodarr.simulator.scenarios.scenario import Scenario
from episodarr.simulator.servers.faults import Fault
from episodarr.simulator.simulation import Simulation
from episodarr.simulator.state.jellyfin import JellyfinOptions
from episodarr.simulator.state.qbittorrent import QBittorrentOptions
from episodarr.simulator.state.seerr import SeerrOptions
from episodarr.simulator.state.shoko import ShokoOptions
from episodarr.simulator.state.sonarr import SonarrOptions
from episodarr.simulator.state.torrents import TorrentFile
from episodarr.simulator.world import World

__all__ = [
    "Fault",
    "JellyfinOptions",
    "QBittorrentOptions",
    "Scenario",
    "SeasonPlan",
    "SeerrOptions",
    "SeriesPlan",
    "ShokoOptions",
    "Simulation",
    "SonarrOptions",
    "TorrentFile",
    "World",
]
