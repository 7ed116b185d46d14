"""What Alembic runs: the connection is handed in by ``store.upgrading``."""

from alembic import context

from blocklight.store.schema.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=False,  # the caller's transaction holds all of it
)
context.run_migrations()
