"""From rows of samples to the bytes of `/metrics`, rendering again only what changed.

text         the syntax of both exposition formats
fragments    one object's lines, rendered again only when the object is another one;
             `library_tree` does so for series, seasons and episodes
blocks       many objects' lines in order, and their blocks, which `deflate` compresses; `levels`:
             which of an object's lines stay after a change
bodies       families bound into what goes over the wire
exposition   the whole: `Exposition.update(snapshot, counters)` gives `Bodies`
negotiation  which of the bodies a client gets
"""
