"""Follows deletions: notices in, checks when due, inventories kept, views out.

service       the driver: the log is read, notices queue, passes and inventories run
waiting       notices in their order; equal lists do not pile up
changes       one Sonarr's history, episodes and list → notices, each once
carrying_out  detection's decisions, executed on the log
checks/       passes: due checks, deadlines, rescans, the end of old deletions
inventories/  every series' inventory: taken part by part, when due, joined with the one before it
commands      announce, acknowledge, check again now
reports       views and counters
log           deletions and inventories in memory, and which of them are not written yet
verification  the parts that work on one log, composed
bugs          a bug ends one step only, and is logged and counted
witnesses     protocols: the requests that verification makes of each system
"""
