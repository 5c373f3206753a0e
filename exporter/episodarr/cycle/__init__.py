"""Run the cycles: read every upstream in the order of an episode's life, join, publish.

run              the loop: one cycle reads, joins and publishes; `reads` are those under way
known_torrents   whose files are read
client_view      all clients together, as of one moment
downloads        queue rows, torrents, files and grabs → downloads, assembling only what changed
joiner           states → views, touching only what changed; `last_shown` and `lost` help it
transitions      which episodes left one stage for another between two published views
library_servers  Jellyfin, Shoko and Seerr beside them; `pending_files` is what waits for them
snapshot         all views of one moment
published        the snapshot as it is shown, with `events` counted and `clocks` kept
contract         what the cycle needs from the rest of the program
"""
