"""The one file to back up: deletion log, inventories, stage clocks, counters. All SQL is here.

connection     opening, setting a broken file aside, one transaction per step, errors
schema         numbered migrations
values         times and typed values ↔ columns
deletion_rows  deletions, their episodes and evidence ↔ rows
rows           all other records ↔ rows
damage         rows that cannot be read, set aside one by one
bounds         times of a wrong clock, capped when they are read
writing        what one step writes, and how
deletion_log   the deletions as the file holds them
store          what the rest of the program calls

Every write is one `BEGIN IMMEDIATE` transaction that leaves the file right on its own, so that the
process may be killed at any moment. A full disk or a read-only file system raises `StoreUnwritable`;
nothing is lost by it as long as the caller keeps what it wanted to write and tries again.
"""
