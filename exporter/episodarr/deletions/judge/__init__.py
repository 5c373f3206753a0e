"""One judge per system: the inventory from before and one check after give findings.

Every judge accepts a failed check too, so that no caller has to interpret a failure: it gives
`Unclear`, and no branch that builds a `Removed` can be reached from it.

sonarr, disk, jellyfin, shoko  one finding per episode
requests                       Jellyseerr's, one per series
torrents                       qBittorrent's, advisory
proof                          what all judges share: the one place that makes a `Removed`
"""
