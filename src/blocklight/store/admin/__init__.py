"""What people and upkeep do to a database: pauses, audit, snapshots, compaction, locks."""
