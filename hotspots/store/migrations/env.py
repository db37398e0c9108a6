"""How Alembic gets the connection that `hotspots.store.revisions` has open already."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], render_as_batch=True)
context.run_migrations()
