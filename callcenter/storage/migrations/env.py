"""Alembic's environment: runs on a connection that is handed to it, so there is no address and no secret in here."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection

from callcenter.storage.migrate import is_drawn
from callcenter.tables import metadata


def run(connection: Connection) -> None:
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


run(context.config.attributes["connection"])
