"""Alembic's environment: it gets its connection and metadata, so no address, secret or room's table is in here."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection, MetaData

from callcenter.storage.migrate import is_drawn


def run(connection: Connection, metadata: MetaData) -> None:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        compare_type=True,
        include_name=is_drawn,
        # SQLite cannot alter a table; batch mode copies it instead.
        render_as_batch=connection.dialect.name == "sqlite",
        user_module_prefix="base.",
    )
    with context.begin_transaction():
        context.run_migrations()


run(context.config.attributes["connection"], context.config.attributes["metadata"])
