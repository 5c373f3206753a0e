"""Episodarr: the stage of every episode, and proof that what was deleted is gone.

In the order of imports; none knows what stands below it (`lint-imports`):

model        values that several parts share; `errors`: all exceptions as a tree
runtime      what the process runs on: clock, threads, sockets
matching     which file of a torrent holds which episode (pure)
stages       everything known → the view of a series or request (pure)
metrics      the view → the bytes of `/metrics` (pure)
systems      the five systems and the disk: requests, parsing, evidence
store        the one file to back up: all SQL
deletions    whether what was deleted is gone: pure, but for `deletions.service`
views        the view → documents and texts for people and programs (pure)
instruments  counters of what this process does
cycle        reads every system, joins what changed, publishes one snapshot
server       our own web server: page, metrics, API, webhooks
settings     the configuration; `logs`: the format, and each thing once
simulator    simulated systems, for the demo, tests and benchmarks
app          puts the program together
cli          the command `episodarr`
"""

__version__ = "0.1.0"
