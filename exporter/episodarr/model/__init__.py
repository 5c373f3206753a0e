"""The words of the program: frozen records, no I/O, no clock.

series, season, episode  the TV things; Prometheus' "series" are called samples here
release                  one named upload, before anyone takes it
grab                     Sonarr sent a release to a client; history has one row per episode of it
queue row                one row of Sonarr's v3 queue: one *episode* of a download, so rows are not downloads
tracked download         one download that Sonarr follows, by download id
download id, info hash   the same thing for torrents; Sonarr shouts it in upper case, we keep lower
import                   a file taken into the library; the word is Python's, so records say `imported`
reading                  what one look gave: fresh, stale or missing; missing is unknown, never absent
inventory                everything a system held of a series before anything was deleted
deletion                 something that was told to go; not proof
verification             following a deletion until every system that held it shows it gone
"""
