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

ids            typed numbers and keys; `stage`: what an episode can be, and wait for
library        Sonarr's series and episodes; `download`: queue rows, history, torrents
request        Seerr's requests; `seerr_servers`: for which of our Sonarrs one is
webhook        events of Sonarr's webhooks
reading        one read of a system; `records`: a list, and what of it could not be read;
               `agreement`: whether two answers of one Sonarr agree
matching       a torrent's question to the matcher, and the answer
view           what is shown of series, downloads and requests; `health`: of systems
notice         the first sign of a deletion; `deletion`: what is shown of one
inventory      what every system held before; `check`: what one shows after; `evidence`: findings
deletion_log   one row of the log with its parts; `packed_deletion`: those of a settled one
memo           a result kept while its inputs are the same objects; `packed`: records in a tenth of
               the memory; `steps`: long work in parts
"""
