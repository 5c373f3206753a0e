"""Jellyseerr 2.7 and Seerr 3, API v1.

client    requests; `wire` parses the answers
state     the requests as a cycle joins them; `titles` reads those of unknown series
holding   the requests and records of one series
evidence  both lists after a deletion, for verification
"""
