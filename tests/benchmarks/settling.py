"""What a server does by itself within a minute of a plan's import, done at once, so that every run begins alike."""

import asyncpg


async def settle(admin_url: str, table: str) -> None:
    """Tidy a table up and gather its statistics, as autovacuum would; then write out what is dirty."""
    connection = await asyncpg.connect(admin_url)
    try:
        await connection.execute(f"vacuum analyze {table}")
        await connection.execute("checkpoint")
    finally:
        await connection.close()
