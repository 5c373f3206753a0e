"""Whether what was deleted is gone: pure, over values, with `now` passed in.

detection   library polls, history, webhooks → what was deleted, merged, superseded or held
opening     a detected deletion and the inventory → one record with every expected episode
inventory   when a series' inventory is due again, and how a new look joins the old one
judge/      inventory and one look at one system → a finding per episode and one per deletion
verdict     findings, deadlines → answers, verdicts, status
machine     record, judgements, now → the next record, and what happened
schedule    deadlines and due times
rescans     which rescan may be asked for now
advice      what a person can do about it
view        record → what every surface shows
"""
