"""One Alembic environment for four databases: `alembic --name registry upgrade head`.

The service comes from the section's name; its modules are imported by walking its package, so no list can be forgotten.
"""

import asyncio
import importlib
import os
import pkgutil

from alembic import context
from sqlalchemy import Connection, pool, text
from sqlalchemy.ext.asyncio import create_async_engine

from shared.tables import shared_metadata

service = context.config.config_ini_section
package = importlib.import_module(f"services.{service}")
for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
    if ".migrations" not in module.name and not module.name.endswith((".app", ".worker")):
        importlib.import_module(module.name)
metadata = [importlib.import_module(f"services.{service}.orm").Base.metadata, shared_metadata]


def migrate(connection: Connection) -> None:
    """One migrator at a time, each revision in its own transaction, and never a long wait for a lock under traffic."""
    connection.execute(text("SET lock_timeout = '4s'"))
    connection.execute(text("SET statement_timeout = '120s'"))
    connection.execute(text("SELECT pg_advisory_lock(hashtext('alembic'))"))
    connection.commit()
    context.configure(
        connection=connection, target_metadata=metadata, transaction_per_migration=True, compare_server_default=True
    )
    with context.begin_transaction():
        context.run_migrations()


async def connect_and_migrate() -> None:
    # PostgreSQL gives a statement 120 s; one that has not answered after 150 never will.
    engine = create_async_engine(
        os.environ["DATABASE_URL"],
        poolclass=pool.NullPool,
        hide_parameters=True,
        connect_args={"timeout": 10, "command_timeout": 150},
    )
    async with engine.connect() as connection:
        await connection.run_sync(migrate)
        await connection.commit()
    await engine.dispose()


asyncio.run(connect_and_migrate())
