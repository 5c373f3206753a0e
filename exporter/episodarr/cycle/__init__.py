"""Run the cycles: read every upstream in the order of an episode's life, join, publish.

sources      what the poller needs of each upstream, as protocols
kept         the last good answer of one endpoint, and for how long it may stand in for a new one
sonarr       everything known of one Sonarr, and how it is read
trails       the history of each episode, from Sonarr's history
details      episodes and files read again, the same objects where nothing differs
clients      everything known of one download client, and how it is read
client_view  all clients together, as of one moment
downloads    queue rows, torrents, files and grabs → downloads, assembling only what changed
joiner       ledgers → views, touching only what changed
transitions  which episodes left one stage for another between two published views
companions   Jellyfin, Shoko and Seerr beside them; `copies` finds what is another Sonarr's
contract     what the poller needs from the rest of the program
cycle        the loop
"""
