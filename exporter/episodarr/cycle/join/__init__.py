"""Join what is known of the systems into views, touching only what changed.

client_view  all clients together, as of one moment
downloads    queue rows, torrents, files and grabs → downloads
joiner       states and downloads → views
last_shown   what the stages were before; lost: grabs that no queue row shows
transitions  which episodes left one stage for another between two published views
"""
