"""Whether what was deleted is gone: pure, over values, with `now` passed in.

notices        webhooks and history → what may be the first sign of a deletion
detection      notices, library polls → what was deleted, merged, superseded or held
inventory      when a series' inventory is due again, and how a new look joins the old one
witnessing     which systems could testify: the answer of a dry run
opening        a detected deletion and the inventory → one record with every expected episode
ownership      what in a deleted series' folder belongs to others
questions      what to ask each system about a deletion, and which controls beside it
disk_question  the same of the disk
judge/         inventory and one look at one system → a finding per episode and one per deletion
verdict        findings, deadlines → answers, verdicts, status
machine        record, looks, now → the next record, and what happened
interventions  what people and Sonarr do to a deletion
schedule       deadlines and due times
rescans        which rescan may be asked for now
tally          what the counters make of what happened
sentences      what happened, for the log
advice         what a person can do about it
view           record → what every surface shows
"""
