"""The order in which the schema grew; Alembic runs it when a store is opened."""
