"""From a snapshot to the bytes of `/metrics`: no I/O, no clock.

family       one row of the catalogue: name, help, labels, and the function that reads a view
labels       every label, and the values of those whose list is closed
library …    the rows, by subject; `catalogue` holds them all in the order they are shown
counters     what only ever grows, handed in beside the snapshot
reference    METRICS.md
rendering/   text         the syntax of both exposition formats
             fragments    one object's lines, rendered again only when the object is another
                          one; `library_tree` does so for series, seasons and episodes
             blocks       many objects' lines in order, and their blocks, which `deflate`
                          compresses
             bodies       families bound into what goes over the wire
             exposition   the whole: `Exposition.update(snapshot, counters)` gives `Bodies`
             negotiation  which of the bodies a client gets
"""
