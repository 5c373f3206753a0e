"""Follows deletions: notices in, checks when due, inventories kept, views out.

service           what drives it: the log is read, notices queue, passes and inventories run
changes           one Sonarr's history, episodes and list → notices, each once
carrying_out      detection's decisions, executed on the log
passes            due checks, deadlines, rescans, the end of old deletions
checking          the due checks of one pass, shared between deletions where one answer serves all
rescans           the two rescans, in the background, with their guards
inventories       which inventories are due; each joined with the one before it
inventory_rounds  when they are taken, a few at a time
taking            one series' inventory, from every witness
commands          announce, acknowledge, check again now
reports           views and counters
log               deletions and inventories in memory, and which of them are not written yet
verification      all of these that work on one log
witnesses         protocols: the requests that verification makes of each system
"""
