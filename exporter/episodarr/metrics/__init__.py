"""From a snapshot to the bytes of `/metrics`: no I/O, no clock.

family       one row of the catalogue: name, help, labels, and the function that reads a view
labels       every label, and the values of those whose list is closed
library, episodes, downloads, deletions, requests, health
             the rows, by subject; `catalogue` holds them all in the order they are shown
tallies      samples of counts by stage
counters     what only ever grows, handed in beside the snapshot
reference    METRICS.md
rendering/   from these rows to bytes
"""
