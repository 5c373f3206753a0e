"""Run the cycles: read every upstream in the order of an episode's life, join, publish.

client_view  all clients together, as of one moment
downloads    queue rows, torrents, files and grabs → downloads, assembling only what changed
joiner       ledgers → views, touching only what changed
transitions  which episodes left one stage for another between two published views
companions   Jellyfin, Shoko and Seerr beside them; `copies` finds what is another Sonarr's
contract     what the poller needs from the rest of the program
cycle        the loop
"""
