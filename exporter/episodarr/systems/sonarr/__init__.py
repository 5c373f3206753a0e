"""Sonarr v4, API v3.

source            what is read of one Sonarr, as a protocol
client, wire      requests and their parsing; `lists` keeps long lists, and reads what changed in them
webhook           what Sonarr sends by itself
state             what is known of one Sonarr, and the order of a read
queue             rows that are shown or held; `pending_releases` finds the episodes of some
histories         each episode's state by its history
library           the list of series
detail_reading    episodes and files of each series; `wanted` orders, `details` keeps what is the same;
                  `packed_files` holds a series' files
evidence          what verification asks
"""
