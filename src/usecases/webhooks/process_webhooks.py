"""Gives stored webhooks their effect."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from core.shared.errors import DomainError
from core.shared.ids import TenantId
from core.webhooks.webhook import Webhook, complete, fail, put_back
from ports.clock import Clock
from ports.locks import Locks, LocksUnavailableError
from ports.published.webhooks import ProviderEvent, ProviderEventHandler, ProviderEventOutcome
from ports.webhooks import WebhookQueue

WEBHOOKS_MAX = 8
"""Taken at once and processed side by side, so that none waits in a batch whose worker may die."""

HANDLER_TIMEOUT_S = 25.0
LOCK_TTL_S = 30.0
LEASE_S = 35.0
"""No guard ends before what it guards: the lock outlasts the handler, and the lease the lock."""


@dataclass(frozen=True, slots=True)
class ProcessWebhooks:
    """For the worker; any number of them at once. An event has its effect at least once, and its handler bears more.

    The guards, outermost first: the row's lease, the lock `webhook:lock:<id>` (left out when the lock service is
    away), and the state of what the handler changes.
    """

    queue: WebhookQueue
    handler: ProviderEventHandler
    locks: Locks
    clock: Clock

    async def __call__(self) -> int:
        """Process a batch and return how many webhooks were tried."""
        taken = await self.queue.take(now=self.clock.now(), webhooks_max=WEBHOOKS_MAX, lease_s=LEASE_S)
        # One that cannot be settled (the database went away) does not stop the others; its lease brings it back.
        tried = await asyncio.gather(*(self._process(webhook) for webhook in taken), return_exceptions=True)
        for outcome in tried:
            if isinstance(outcome, BaseException):
                raise outcome
        return sum(1 for outcome in tried if outcome is True)

    async def _process(self, webhook: Webhook) -> bool:
        async with self._locked(webhook) as ours:
            outcome = await self._tried(webhook) if ours else put_back(webhook, now=self.clock.now())
            await self.queue.settle(webhook, outcome)
        return ours

    async def _tried(self, webhook: Webhook) -> Webhook:
        event = ProviderEvent(
            source=webhook.source,
            event_id=webhook.event_id,
            event_type=webhook.event_type,
            account=webhook.account,
            occurred_at=webhook.occurred_at,
            body=webhook.body,
        )
        try:
            async with asyncio.timeout(HANDLER_TIMEOUT_S):
                outcome = await self.handler(event) or ProviderEventOutcome()
        except DomainError as error:
            return fail(webhook, error=f"{error.code}: {error.message}", now=self.clock.now())
        except Exception as error:  # noqa: BLE001 - not swallowed: stored with the webhook, shown by health, tried again
            return fail(webhook, error=f"{type(error).__name__}: {error}", now=self.clock.now())
        tenant_id = TenantId(outcome.tenant_id) if outcome.tenant_id else None
        return complete(webhook, now=self.clock.now(), tenant_id=tenant_id, note=outcome.note)

    @asynccontextmanager
    async def _locked(self, webhook: Webhook) -> AsyncIterator[bool]:
        name = f"webhook:lock:{webhook.id}"
        try:
            token = await self.locks.acquire(name, ttl_s=LOCK_TTL_S)
        except LocksUnavailableError:
            yield True
            return
        try:
            yield token is not None
        finally:
            if token is not None:
                await self._released(name, token)

    async def _released(self, name: str, token: str) -> bool:
        try:
            return await self.locks.release(name, token=token)
        except LocksUnavailableError:
            return False
