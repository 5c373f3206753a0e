"""The one file to back up: deletion log, inventories, stage clocks, counters. All SQL is here.

connection  opening, setting a broken file aside, one transaction per step, errors
schema      numbered migrations
rows        records ↔ rows
writing     what one step writes, and how
store       what the rest of the program calls

Every write is one `BEGIN IMMEDIATE` transaction that leaves the file right on its own, so that the
process may be killed at any moment. A full disk or a read-only file system raises `StoreUnwritable`;
nothing is lost by it as long as the caller keeps what it wanted to write and tries again.
"""
