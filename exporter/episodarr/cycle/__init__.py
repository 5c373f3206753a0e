"""Run the cycles: read every upstream in the order of an episode's life, join, publish.

run              the loop: one cycle reads, joins and publishes; `reads` are those under way
known_torrents   whose files are read; `wakeups`: what is read sooner for a webhook
join             states → views
library_servers  Jellyfin, Shoko and Seerr beside the Sonarrs; `pending_files` is what waits for
                 them, and `copies` finds what is another Sonarr's
match_questions  what `episodarr match` is answered about a download
publish          views → snapshot, metrics, pages and store
contract         what the cycle needs from the rest of the program
"""
