"""What a server does by itself within a minute of a plan's import, done at once, so that every run begins alike."""

import asyncio

import asyncpg

_BACKGROUND_S_MAX = 20.0


async def settle(admin_url: str, table: str) -> None:
    """Tidy a table up and gather its statistics, as autovacuum would; then write out what is dirty."""
    connection = await asyncpg.connect(admin_url)
    try:
        await connection.execute(f"vacuum analyze {table}")
        await connection.execute("checkpoint")
    finally:
        await connection.close()


async def background_work_done(admin_url: str) -> bool:
    """Wait until the relay has published what the run before left behind, so that no limit is measured beside it.

    Returns false when that takes too long to wait for.
    """
    connection = await asyncpg.connect(admin_url)
    try:
        async with asyncio.timeout(_BACKGROUND_S_MAX):
            while await connection.fetchval(
                "select exists (select from outbox where published_at is null and dead_at is null)"
            ):
                await asyncio.sleep(0.1)
    except TimeoutError:
        return False
    finally:
        await connection.close()
    return True
