"""Runs the migrations on the connection the application gives, never on a URL of its own.

`store/migrate.py` opened the transaction (SQLite: BEGIN IMMEDIATE) and commits it, so a
migration happens whole or not at all, DDL included, on both engines.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic import context

from hat_clinic.store.schema import metadata

if TYPE_CHECKING:
    from sqlalchemy import Connection

connection: Connection | None = context.config.attributes.get("connection")
if connection is None:
    raise SystemExit("run `hat-clinic migrate`: migrations need the application's own connection")

context.configure(
    connection=connection,
    target_metadata=metadata,
    # Batch mode copies a table and silently leaves its triggers behind.
    render_as_batch=False,
    transactional_ddl=True,
    # The transaction is already open and is committed by the caller.
    transaction_per_migration=False,
)
context.run_migrations()
