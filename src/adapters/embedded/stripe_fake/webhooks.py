"""Signed webhooks: sent for each event that the endpoint listens to, again after failures, as Stripe does."""

import asyncio
import json
import logging
from collections.abc import Awaitable
from dataclasses import dataclass

import httpx
from stripe import WebhookSignature

from adapters.embedded.stripe_fake.ledger import Ledger
from adapters.embedded.stripe_fake.objects import StripeDict
from adapters.embedded.stripe_fake.settings import StripeFakeSettings

_LOG = logging.getLogger("fairseat.stripe_fake")
_CONCURRENCY_MAX = 8
_RETRY_MAX_S = 30.0


@dataclass(slots=True)
class Endpoint:
    """Where webhooks go. `delay_s` and `copies` let a test see late and doubled ones; `paused` sends none."""

    url: str | None
    secret: str
    delay_s: float = 0.0
    copies: int = 1
    paused: bool = False


class WebhookSender:
    """Sends in the background, several at a time and in no promised order."""

    def __init__(self, settings: StripeFakeSettings, ledger: Ledger) -> None:
        self.endpoint = Endpoint(settings.webhook_url, settings.webhook_secret)
        self._settings = settings
        self._ledger = ledger
        self._slots = asyncio.Semaphore(_CONCURRENCY_MAX)
        self._tasks: set[asyncio.Task[None]] = set()
        self._client: httpx.AsyncClient | None = None

    def listens_to(self, kind: str) -> bool:
        """Tell whether events of this type are sent."""
        return self.endpoint.url is not None and kind in self._settings.event_types

    async def start(self) -> None:
        """Begin, with what a former run had not delivered."""
        self._client = httpx.AsyncClient(timeout=self._settings.webhook_timeout_s)
        for event in reversed(list(self._ledger.all("events"))):
            if event["pending_webhooks"]:
                self.send(event)

    async def stop(self) -> None:
        """Give up what is under way; the next start goes on with it where the state is kept."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    def send(self, event: StripeDict, *, copies: int | None = None) -> None:
        """Send an event in the background."""
        for _ in range(copies or self.endpoint.copies):
            task = asyncio.create_task(self._deliver(event))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def idle(self) -> None:
        """Return when nothing is under way."""
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _deliver(self, event: StripeDict) -> None:
        await asyncio.sleep(self.endpoint.delay_s)
        pause_s = self._settings.webhook_retry_first_s
        for _ in range(self._settings.webhook_tries_max):
            if await self._in_turn(self._posted(event)):
                self._ledger.put("events", event | {"pending_webhooks": 0})
                return
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, _RETRY_MAX_S)
        _LOG.warning("webhook %s (%s) was given up", event["id"], event["type"])

    async def _in_turn(self, posted: Awaitable[bool]) -> bool:
        async with self._slots:
            return await posted

    async def _posted(self, event: StripeDict) -> bool:
        """Send once, signed at this moment; return whether the answer was 2xx."""
        endpoint = self.endpoint
        if endpoint.url is None or endpoint.paused or self._client is None:
            return False
        body = json.dumps(event, indent=2)
        signature = WebhookSignature.generate_signature_header(  # pyright: ignore[reportUnknownMemberType]  # untyped time
            body, endpoint.secret
        )
        headers = {"content-type": "application/json; charset=utf-8", "stripe-signature": signature}
        try:
            answer = await self._client.post(endpoint.url, content=body.encode(), headers=headers)
        except httpx.HTTPError as error:
            _LOG.info("webhook %s: %s", event["id"], type(error).__name__)
            return False
        return answer.is_success
