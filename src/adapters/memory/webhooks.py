"""The webhook inbox in memory."""

import asyncio
import sys
from collections import Counter
from collections.abc import Sequence, Set
from datetime import datetime
from typing import override
from uuid import UUID

from core.shared.ids import TenantId
from core.webhooks.errors import WebhookNotFoundError
from core.webhooks.webhook import Webhook, WebhookStatus, WebhookSummary, replay, summary_of, take
from ports.paging import Page, PageRequest
from ports.webhooks import WebhookBacklog, WebhookInbox, WebhookLog, WebhookQueue


class MemoryWebhooks(WebhookInbox, WebhookQueue):
    """Both sides of one inbox: where webhooks are put, and where workers take them."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._webhooks: dict[UUID, Webhook] = {}

    @override
    async def put(self, webhook: Webhook) -> bool:
        async with self._lock:
            known = {(other.source, other.event_id) for other in self._webhooks.values()}
            if (webhook.source, webhook.event_id) in known:
                return False
            self._webhooks[webhook.id] = webhook
            return True

    @override
    async def known(self, source: str, event_ids: Sequence[str]) -> Set[str]:
        async with self._lock:
            stored = {webhook.event_id for webhook in self._webhooks.values() if webhook.source == source}
        return stored & set(event_ids)

    @override
    async def take(self, *, now: datetime, webhooks_max: int, lease_s: float) -> Sequence[Webhook]:
        async with self._lock:
            due = sorted(
                (
                    webhook
                    for webhook in self._webhooks.values()
                    if webhook.due_at is not None and webhook.due_at <= now
                ),
                key=lambda webhook: webhook.id,
            )
            taken = [take(webhook, now=now, lease_s=lease_s) for webhook in due[:webhooks_max]]
            self._webhooks |= {webhook.id: webhook for webhook in taken}
        return [webhook for webhook in taken if webhook.status is WebhookStatus.PROCESSING]

    @override
    async def settle(self, leased: Webhook, outcome: Webhook) -> bool:
        async with self._lock:
            if self._webhooks.get(leased.id) != leased:
                return False
            self._webhooks[leased.id] = outcome
            return True

    @override
    async def backlog(self, *, now: datetime) -> WebhookBacklog:
        async with self._lock:
            open_ones = [w for w in self._webhooks.values() if w.status is not WebhookStatus.COMPLETED]
        counts = Counter(w.status for w in open_ones)
        oldest = min((w.received_at for w in open_ones), default=now)
        return WebhookBacklog(
            received=counts[WebhookStatus.RECEIVED],
            processing=counts[WebhookStatus.PROCESSING],
            retrying=counts[WebhookStatus.RETRYING],
            failed=counts[WebhookStatus.FAILED],
            oldest_age_s=max((now - oldest).total_seconds(), 0.0),
        )

    @override
    async def list(self, *, status: WebhookStatus | None, webhooks_max: int) -> Sequence[Webhook]:
        async with self._lock:
            chosen = [w for w in self._webhooks.values() if status is None or w.status is status]
        return sorted(chosen, key=lambda webhook: webhook.id, reverse=True)[:webhooks_max]

    @override
    async def replay(self, webhook_id: UUID, *, now: datetime) -> Webhook:
        async with self._lock:
            webhook = self._webhooks.get(webhook_id)
            if webhook is None:
                raise WebhookNotFoundError(f"There is no webhook {webhook_id}.")
            again = self._webhooks[webhook_id] = replay(webhook, now=now)
        return again

    @override
    async def prune(self, *, processed_before: datetime, webhooks_max: int) -> int:
        async with self._lock:
            old = [
                webhook.id
                for webhook in self._webhooks.values()
                if webhook.status is WebhookStatus.COMPLETED
                and webhook.processed_at is not None
                and webhook.processed_at < processed_before
            ][:webhooks_max]
            for webhook_id in old:
                del self._webhooks[webhook_id]
        return len(old)


class MemoryWebhookLog(WebhookLog):
    """An organisation's view of an inbox in memory."""

    def __init__(self, webhooks: MemoryWebhooks) -> None:
        self._webhooks = webhooks

    @override
    async def page(
        self, tenant_id: TenantId, page: PageRequest, *, status: WebhookStatus | None
    ) -> Page[WebhookSummary]:
        wanted = [
            webhook
            for webhook in await self._own(tenant_id)
            if status in {None, webhook.status} and (page.after is None or webhook.id < page.after)
        ]
        items = tuple(summary_of(webhook) for webhook in wanted[: page.limit])
        return Page(items=items, next_after=items[-1].id if len(wanted) > page.limit else None)

    @override
    async def replay(self, tenant_id: TenantId, webhook_id: UUID, *, now: datetime) -> WebhookSummary:
        if webhook_id not in {webhook.id for webhook in await self._own(tenant_id)}:
            raise WebhookNotFoundError(f"There is no webhook {webhook_id}.")
        return summary_of(await self._webhooks.replay(webhook_id, now=now))

    async def _own(self, tenant_id: TenantId) -> list[Webhook]:
        every = await self._webhooks.list(status=None, webhooks_max=sys.maxsize)
        return [webhook for webhook in every if webhook.tenant_id == tenant_id]
