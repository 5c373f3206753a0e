"""Whether what was deleted is gone: pure, over values, with `now` passed in, but for service/.

notices        webhooks and history → notices that may start a deletion
detection/     notices, library polls → what was deleted, merged, superseded or held
inventory/     when a series' inventory is due, how it is merged with the old, what it can prove
opening        a detected deletion and the inventory → one record with every expected episode
systems        one row per system: its deadline, its judge, what it holds, what to do about leftovers
questions/     a deletion → the check to make of each system, with its controls
judge/         inventory and one check of one system → a finding per episode and one per deletion
policy         deadlines and switches, as configured
deadlines      how long a system may take, and when a stale record counts as remaining
verdict        findings, deadlines → answers, verdicts, status
events         what a step of a deletion may bring: a status, a first verdict
machine        record, check results, now → the next record and its events
interventions  changes that people and Sonarr make to a deletion
schedule       due times
rescans        which rescan may be requested now
tally          events → the persistent counters
shown/         record → the view of page, API and metrics; advice; log messages
service/       follows deletions, with I/O
"""
