"""One judge per system: what was held before, and one look after, give findings.

Every judge takes the failed look too, so that nobody has to decide what a failure means: it means
`Unclear`, and none of the branches that build a `Removed` can be reached from it.
"""
