"""Jellyfin 10.9 to 12.

client     requests; `pages` reads lists though they change, wire/ parses answers into `records`
catalog    everything Jellyfin lists, read once for all callers: `known` is the list and how changes
           go into it, `removals` finds out what went
packing    packs the pages while they come; `packed` holds a series' episodes
folders    which library folder a path lies in
linking    Sonarr's series → Jellyfin's; `files` decides which file is which entry
matches    how the episodes are shown, for their stages
state      when a cycle queries it, and what for
holding    a series' entries before a deletion; `listing`: what is listed after it
evidence   both, for verification
"""
