"""Follows deletions: notices in, checks when due, inventories kept, views out.

witnesses     protocols: the requests that verification makes of each system
news          what one Sonarr's history, episodes and list say, as notices
carrying_out  detection's decisions, executed on the log
checking      the due checks of one pass, shared between deletions where one answer serves all
rescans       the two rescans, in the background, with their guards
taking        one series' inventory, from every witness
inventories   which series are inventoried when
log           deletions and inventories in memory, and which of them are not written yet
verifier      the lifecycle of every deletion
deletions     the interface for the rest of the program
"""
