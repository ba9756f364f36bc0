"""A command works in one service, and needs the settings of that one alone."""

import io
from uuid import uuid4

import pytest
from rich.console import Console

from adapters.postgres.migrator import Database
from bootstrap.platform_fees import agree_platform_fee
from bootstrap.receipts import rotate_receipt_key
from bootstrap.settings import SettingsError, read_settings
from bootstrap.topology import platform_beside
from bootstrap.webhooks import list_webhooks
from ports.published.venues import VenuesApi

REDIS = {"FAIRSEAT_REDIS_URL": "redis://127.0.0.1:1"}


def urls(database: Database, service: str) -> dict[str, str]:
    return {
        f"FAIRSEAT_{service}_DATABASE_URL": database.app_url,
        f"FAIRSEAT_{service}_DATABASE_RELAY_URL": database.relay_url,
    }


async def test_commands_about_payments_need_no_other_services_settings(payment_db: Database) -> None:
    given = urls(payment_db, "PAYMENT") | REDIS | {"FAIRSEAT_STRIPE_SECRET_KEY": "sk_test_nothing"}
    settings = read_settings(given, ["payment"])
    told = io.StringIO()
    await list_webhooks(settings, None, Console(file=told, width=200))
    await agree_platform_fee(settings, uuid4(), 250, None, usual=False, console=Console(file=told, width=200))
    assert "2.50 % of each payment" in told.getvalue()
    platform = platform_beside(settings, "payment")
    try:
        with pytest.raises(SettingsError, match="FAIRSEAT_VENUE_DATABASE_URL is missing"):
            await platform.containers["payment"].get(VenuesApi)
    finally:
        await platform.close()


async def test_commands_about_receipts_need_no_other_services_settings(venue_db: Database) -> None:
    given = urls(venue_db, "VENUE") | REDIS | {"FAIRSEAT_PASSES_KEY_SECRET": "for these tests alone, long enough"}
    told = io.StringIO()
    await rotate_receipt_key(read_settings(given, ["venue"]), Console(file=told, width=200))
    assert "signs receipts from now on; 2 keys are published" in told.getvalue()
