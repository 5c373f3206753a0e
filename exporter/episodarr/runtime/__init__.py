"""What the process runs on: clock, threads, event loop, garbage collector, sockets and its end.

clock         the one clock, and the earliest time that it can show
backpressure  background work pauses for responses
workers       threads that end with the process; `lookups` resolves names in them
garbage       when the garbage collector runs; `heap` gives memory back
listening     the socket; `connections` bounds what connects, `web_server` serves it
ending        the process ends in time
"""
