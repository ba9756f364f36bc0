"""Looks for words in everything that a running Fairseat has stored, and at its books of money."""

import asyncio
import shlex
from email import message_from_bytes
from email.policy import default

import asyncpg
import redis.asyncio

from adapters.mongo.client import create_client
from bootstrap.settings import DATABASES
from tests.running import RunningFairseat


def settings_of(running: RunningFairseat) -> dict[str, str]:
    lines = shlex.split((running.folder / "data" / "settings.env").read_text())
    return dict(line.split("=", 1) for line in lines)


async def named_in_postgres(url: str, service: str, words: tuple[str, ...]) -> set[str]:
    """Return the tables, of all that the catalogue knows, with a row that holds one of the words in any column."""
    found = set[str]()
    connection = await asyncpg.connect(url)
    try:
        tables = await connection.fetch(
            "select c.oid::regclass::text as name from pg_class c join pg_namespace n on n.oid = c.relnamespace "
            "where c.relkind in ('r', 'p', 'm') and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')"
        )
        assert len(tables) > 5
        for table in tables:
            for word in words:
                # A bytea reads as hexadecimal digits, and answers to idempotent requests are kept as such.
                rows = await connection.fetch(
                    f"select t::text as row from {table['name']} t "
                    "where position($1 in lower(t::text)) > 0 or position($2 in lower(t::text)) > 0",
                    word,
                    word.encode().hex(),
                )
                found.update(f"{service}.{table['name']}: {word} in {row['row'][:300]}" for row in rows)
    finally:
        await connection.close()
    return found


async def named_in_mongodb(url: str, words: tuple[str, ...]) -> set[str]:
    found = set[str]()
    async with create_client(url, connections_max=2) as client:
        for database in await client.list_database_names():
            for collection in await client[database].list_collection_names():
                async for document in client[database][collection].find({}):
                    text = repr(document).lower()
                    found.update(f"{database}.{collection}: {word}" for word in words if word in text)
    return found


async def named_in_redis(url: str, words: tuple[str, ...]) -> set[str]:
    found = set[str]()
    client = redis.asyncio.Redis.from_url(url)
    try:
        async for key in client.scan_iter():
            value = await client.dump(key) or b""
            found.update(f"{key!r}: {word}" for word in words if word.encode() in key.lower() + value.lower())
    finally:
        await client.aclose()
    return found


def named_anywhere(running: RunningFairseat, *words: str) -> set[str]:
    settings = settings_of(running)

    async def look() -> set[str]:
        found = set[str]()
        for service in DATABASES:
            url = settings[f"FAIRSEAT_{service.upper()}_DATABASE_ADMIN_URL"]
            found |= await named_in_postgres(url, service, words)
        found |= await named_in_mongodb(settings["FAIRSEAT_TICKET_DATABASE_URL"], words)
        return found | await named_in_redis(settings["FAIRSEAT_REDIS_URL"], words)

    return asyncio.run(look())


def named_in_files(running: RunningFairseat, email: str, words: tuple[str, ...]) -> set[str]:
    """Look through media, and through letters but for the person's own: those lie in a mailbox of theirs elsewhere."""
    found = set[str]()
    data = running.folder / "data"
    for path in (data / "media").rglob("*"):
        text = path.read_bytes().lower() if path.is_file() else b""
        found.update(f"{path}: {word}" for word in words if word.encode() in text)
    letters = [message_from_bytes(path.read_bytes(), policy=default) for path in (data / "mail").glob("*.eml")]
    assert email in {str(letter["To"]).lower() for letter in letters}
    for letter in letters:
        if str(letter["To"]).lower() != email:
            text = letter.as_bytes(policy=default.clone(cte_type="8bit")).lower()
            found.update(f"letter to {letter['To']}: {word}" for word in words if word.encode() in text)
    return found


def the_money(running: RunningFairseat) -> tuple[object, ...]:
    settings = settings_of(running)

    async def add_up() -> tuple[object, ...]:
        payment = await asyncpg.connect(settings["FAIRSEAT_PAYMENT_DATABASE_ADMIN_URL"])
        order = await asyncpg.connect(settings["FAIRSEAT_ORDER_DATABASE_ADMIN_URL"])
        try:
            return (
                await payment.fetchval("select jsonb_agg(to_jsonb(t) order by t::text) from ledger_entries t"),
                await payment.fetchval("select jsonb_agg(to_jsonb(t) order by t::text) from payments t"),
                await payment.fetchval("select jsonb_agg(to_jsonb(t) order by t::text) from refunds t"),
                await order.fetchval("select sum(total_minor) from orders"),
                await order.fetchval("select jsonb_agg(to_jsonb(t) order by t::text) from order_items t"),
            )
        finally:
            await payment.close()
            await order.close()

    return asyncio.run(add_up())
