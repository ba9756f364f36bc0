"""Webhooks at the command line: what came from Stripe, and once more from the top."""

from uuid import UUID

from rich.console import Console
from rich.table import Table

from bootstrap.settings import Settings, SettingsError
from bootstrap.topology import platform_beside
from core.shared.errors import DomainError
from core.webhooks.webhook import WebhookStatus
from usecases.webhooks.list_webhooks import ListWebhooks
from usecases.webhooks.replay_webhook import ReplayWebhook


async def list_webhooks(settings: Settings, status: str | None, console: Console) -> None:
    """Print the newest webhooks, of one status or all; raises SettingsError for a status that there is not."""
    if status is not None and status not in set(WebhookStatus):
        raise SettingsError(f"{status!r} is no status of a webhook; there are {', '.join(WebhookStatus)}.")
    platform = platform_beside(settings, "payment")
    try:
        listing = await platform.containers["payment"].get(ListWebhooks)
        found = await listing(status=WebhookStatus(status) if status else None)
    finally:
        await platform.close()
    table = Table("id", "event", "type", "status", "tries", "received", "error or note", box=None)
    table.columns[0].no_wrap = True  # to be copied
    table.columns[0].min_width = 36
    for one in found:
        table.add_row(
            str(one.id),
            one.event_id,
            one.event_type,
            one.status,
            str(one.retry_count),
            one.received_at.isoformat(timespec="seconds"),
            one.error_message or one.note or "",
        )
    console.print(table)


async def replay_webhook(settings: Settings, webhook_id: UUID, console: Console) -> None:
    """Make a webhook due again; raises SettingsError with the reason when it cannot be."""
    platform = platform_beside(settings, "payment")
    try:
        replay = await platform.containers["payment"].get(ReplayWebhook)
        webhook = await replay(webhook_id)
    except DomainError as error:
        raise SettingsError(error.message) from error
    finally:
        await platform.close()
    console.print(f"{webhook.event_id} ({webhook.event_type}) is due again", highlight=False)
