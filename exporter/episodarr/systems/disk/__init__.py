"""The disk, whose client is its evidence too: path mappings, and checks in a worker thread that may hang without harm.

mapping    Sonarr's paths → ours, never outside the mapped roots; pure
own_names  Sonarr's root folders under their own names, where their files prove it
spelling   names that are the same but for case and Unicode's normal form
places     mounts, links and errors: what the blocking checks share
sightings  a series' files while all is well, for the inventory
checks     the check of those paths after a deletion
client     both, with a time limit, off the event loop
"""
