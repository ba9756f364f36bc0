"""Every PostgreSQL database of Fairseat: its tables, and how the settings reach it."""

from collections.abc import Collection, Mapping

from sqlalchemy import MetaData

from adapters.postgres.migrator import Database, migrate
from adapters.postgres.tables import (
    admission_db,
    auth_db,
    operations,
    order_db,
    pass_transfers,
    payment_db,
    plan_operations,
    user_db,
    venue_db,
    waiting_lists,
)
from bootstrap.settings import DATABASES, Settings, SettingsError

METADATA: Mapping[str, MetaData] = {
    "auth_db": auth_db.metadata,
    "venue_db": venue_db.metadata,  # the tables of venues, with seating's and resale's beside them
    "order_db": order_db.metadata,
    "payment_db": payment_db.metadata,
    "admission_db": admission_db.metadata,
    "user_db": user_db.metadata,
}

assert pass_transfers.metadata is waiting_lists.metadata is venue_db.metadata, "resale's tables stand in venue_db"
assert operations.metadata is plan_operations.metadata is venue_db.metadata, "operations stand in venue_db"


def databases(settings: Settings, services: Collection[str] = DATABASES) -> tuple[Database, ...]:
    """Return the databases of these services to migrate; raises SettingsError when an admin URL is not set."""
    names = [name for name in DATABASES if name in services]
    missing = [name for name in names if settings.database(name).admin_url is None]
    if missing:
        raise SettingsError("\n".join(f"FAIRSEAT_{name.upper()}_DATABASE_ADMIN_URL is missing." for name in missing))
    return tuple(
        Database(
            name=f"{name}_db",
            metadata=METADATA[f"{name}_db"],
            admin_url=database.admin_url.reveal() if database.admin_url else "",
            app_url=database.url.reveal(),
            relay_url=database.relay_url.reveal(),
        )
        for name in names
        for database in (settings.database(name),)
    )


async def migrate_all(settings: Settings, services: Collection[str] = DATABASES) -> dict[str, str | None]:
    """Bring the databases up to date, one after the other (Alembic's context is global); return their revisions."""
    return {database.name: await migrate(database) for database in databases(settings, services)}
