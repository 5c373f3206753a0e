"""Shoko Server 4.2, 5 and 6, API v3.

client    requests, over `session`: login, readiness, version; `wire` parses into `records`
listing   all files at once, where many inventories are due; `packed` holds them
matching  which imported files are matched to AniDB; `matches` is the result, for their stages
state     when a cycle queries it, and what for
holding   a series' records before a deletion, and after
evidence  both, for verification
"""
