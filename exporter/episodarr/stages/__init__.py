"""Join the upstreams' answers into one view per series; pure, the clock is passed in.

inputs        everything that one series is joined from
packed_episodes  one series' episodes, packed while nothing happens to it
facts         one episode's facts from these inputs
classify      facts → the one stage of an episode, with hold and progress
downloads/    queue rows, torrents and files → downloads, and their part for each episode
pack          which file of a torrent holds which episode, by the matcher
holding       queue rows that Sonarr loses while a client is down
availability  whether a file counts as available in Jellyfin and Shoko
same_series   whose file an entry is where two Sonarrs have the same series
paths         comparing paths of one file in several systems
entered       since when an episode is in its stage
tally         episodes counted by stage
series        inputs → the view of a series
rejoin        the same, evaluating only the episodes that changed
requests      requests → their series and counts
inventoried   inventoried files as Sonarr's records
"""
