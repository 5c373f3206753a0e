"""Values that several parts share: frozen records, no I/O, no clock.

series, season, episode  the TV things; Prometheus' "series" are called samples here
release                  one named upload, before it is grabbed
grab                     Sonarr sent a release to a client; history has one row per episode of it
queue row                one row of Sonarr's v3 queue: one *episode* of a download, not a download
tracked download         one download that Sonarr follows, by download id
download id, info hash   the same thing for torrents; Sonarr writes it in upper case, we keep lower
import                   a file taken into the library; fields are named `imported`, not a keyword
reading                  result of one read: fresh, stale or missing (unknown, never absent)
inventory                everything a system held of a series before anything was deleted
deletion                 a removal that was requested; no proof that it happened
verification             following a deletion until every system that held it shows it gone
"""
