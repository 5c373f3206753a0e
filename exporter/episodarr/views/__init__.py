"""Snapshots converted for people and programs, without any drawing.

documents  the JSON of the API: snapshot → `shapes`' structs; of deletions `deletion_documents`,
           of what a deletion would take `expected_deletion`, for `episodarr match` and widgets
           `matching`
tree       pictures: documents → lines that the terminal and the page draw alike; of deletions
           `deletion_tree`
overview   the status page: snapshot → series under way, the rest of the library
stuck      its lines about episodes and downloads that need attention
find       query text → the series meant
words      display texts for every stage, hold, answer and failure
text       numbers, times and untrusted titles, formatted for people
"""
