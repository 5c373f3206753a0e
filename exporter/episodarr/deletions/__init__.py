"""Whether what was deleted is gone: pure, over values, with `now` passed in.

notices        webhooks and history → notices that may start a deletion
detection/     notices, library polls → what was deleted, merged, superseded or held
systems        one row per system: its deadline, its judge, what it holds, what to do about leftovers
deadlines      how long a system may take, and when a stale record counts as remaining
inventory      when a series' inventory is due again, and its summary
merging        an inventory with what an earlier one saw
witnessing     which systems could confirm a deletion: the answer of a dry run
opening        a detected deletion and the inventory → one record with every expected episode
ownership      what in a deleted series' folder belongs to other series
questions      a deletion → the check to make of each system, with its controls
disk_question  a deletion → the check to make of the disk
judge/         inventory and one check of one system → a finding per episode and one per deletion
verdict        findings, deadlines → answers, verdicts, status
machine        record, check results, now → the next record and its events
interventions  changes that people and Sonarr make to a deletion
schedule       due times
rescans        which rescan may be requested now
tally          events → the persistent counters
sentences      log messages about openings and events
advice         what a person can do about an incomplete deletion
view           record → the view that page, API and metrics show
service/       follows deletions, with I/O
"""
