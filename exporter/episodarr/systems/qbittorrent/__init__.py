"""qBittorrent 4.5 to 5.3, Web API v2.

client    requests, in a worker thread; `wire` parses the answers
session   the client library below it, within limits; `logins` spares wrong ones
state     what a cycle keeps of one client
evidence  the torrents of all clients, for verification
"""
