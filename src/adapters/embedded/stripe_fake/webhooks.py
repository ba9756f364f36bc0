"""Signed webhooks: sent for each event that an endpoint listens to, again after failures, as Stripe does."""

import asyncio
import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Literal

import httpx
from stripe import WebhookSignature

from adapters.embedded.stripe_fake.ledger import Ledger
from adapters.embedded.stripe_fake.objects import StripeDict
from adapters.embedded.stripe_fake.settings import StripeFakeSettings

_LOG = logging.getLogger("fairseat.stripe_fake")
_CONCURRENCY_MAX = 8
_RETRY_MAX_S = 30.0

type Order = Literal["made", "reversed", "shuffled"]


@dataclass(slots=True)
class Endpoint:
    """Where webhooks go, and how badly.

    `delay_s` and `copies` let a test see late and doubled ones; `paused` sends none, so that they are tried again
    later; `held` gathers them until they are released, in an order of the test's choice. While a secret is changed,
    `previous_secret` signs too.
    """

    url: str | None
    secret: str
    event_types: frozenset[str]
    previous_secret: str | None = None
    delay_s: float = 0.0
    copies: int = 1
    paused: bool = False
    held: bool = False
    waiting: list[str] = field(default_factory=list[str])


class WebhookSender:
    """Sends in the background, several at a time and in no promised order.

    Events of the platform go to `endpoint`, those of connected accounts to `connect`.
    """

    def __init__(self, settings: StripeFakeSettings, ledger: Ledger) -> None:
        self.endpoint = Endpoint(settings.webhook_url, settings.webhook_secret, settings.event_types)
        self.connect = Endpoint(
            settings.connect_webhook_url, settings.connect_webhook_secret, settings.connect_event_types
        )
        self._settings = settings
        self._ledger = ledger
        self._slots = asyncio.Semaphore(_CONCURRENCY_MAX)
        self._tasks: set[asyncio.Task[None]] = set()
        self._client: httpx.AsyncClient | None = None

    def listens_to(self, event: StripeDict) -> bool:
        """Tell whether events of this type are sent."""
        endpoint = self._endpoint_of(event)
        return endpoint.url is not None and event["type"] in endpoint.event_types

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
        """Send an event in the background, or gather it while the endpoint is held."""
        endpoint = self._endpoint_of(event)
        for _ in range(copies or endpoint.copies):
            if endpoint.held:
                endpoint.waiting.append(event["id"])
            else:
                self._begin(event, after_s=endpoint.delay_s)

    def release(self, endpoint: Endpoint, *, order: Order = "made", seed: int = 0) -> list[str]:
        """Send what was gathered, one after the other in this order, and hold no more; returns the ids of the events.

        Each is tried once in its turn; one that is not taken is tried again later, so that it does not stop the rest.
        """
        event_ids, endpoint.waiting, endpoint.held = endpoint.waiting, [], False
        if order == "reversed":
            event_ids.reverse()
        elif order == "shuffled":
            Random(seed).shuffle(event_ids)  # noqa: S311 - an order that can be repeated
        self._run_in_turn([self._ledger.get("events", event_id) for event_id in event_ids])
        return event_ids

    async def idle(self) -> None:
        """Return when nothing is under way."""
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)
            await asyncio.sleep(0)  # what is done leaves the set at the loop's next turn; gather may not wait for one

    def _endpoint_of(self, event: StripeDict) -> Endpoint:
        return self.connect if event.get("account") else self.endpoint

    def _begin(self, event: StripeDict, *, after_s: float) -> None:
        self._keep(asyncio.create_task(self._deliver(event, after_s=after_s)))

    def _run_in_turn(self, events: Sequence[StripeDict]) -> None:
        async def one_by_one() -> None:
            for event in events:
                if not await self._tried(event):
                    self._begin(event, after_s=self._settings.webhook_retry_first_s)

        self._keep(asyncio.create_task(one_by_one()))

    def _keep(self, task: asyncio.Task[None]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _deliver(self, event: StripeDict, *, after_s: float) -> None:
        await asyncio.sleep(after_s)
        pause_s = self._settings.webhook_retry_first_s
        for _ in range(self._settings.webhook_tries_max):
            if await self._tried(event):
                return
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, _RETRY_MAX_S)
        _LOG.warning("webhook %s (%s) was given up", event["id"], event["type"])

    async def _tried(self, event: StripeDict) -> bool:
        """Send once in its turn and note when it was taken; return whether it was."""
        async with self._slots:
            taken = await self._posted(event)
        if taken and self._ledger.find("events", event["id"]) is not None:
            self._ledger.put("events", event | {"pending_webhooks": 0})
        return taken

    async def _posted(self, event: StripeDict) -> bool:
        """Send once, signed at this moment; return whether the answer was 2xx."""
        endpoint = self._endpoint_of(event)
        if endpoint.url is None or endpoint.paused or self._client is None:
            return False
        body = json.dumps(event, indent=2)
        headers = {"content-type": "application/json; charset=utf-8", "stripe-signature": _signature(body, endpoint)}
        try:
            answer = await self._client.post(endpoint.url, content=body.encode(), headers=headers)
        except httpx.HTTPError as error:
            _LOG.info("webhook %s: %s", event["id"], type(error).__name__)
            return False
        return answer.is_success


def _signature(body: str, endpoint: Endpoint) -> str:
    """Return the header: the time, and a signature for each secret that is in force."""
    first: str = WebhookSignature.generate_signature_header(  # pyright: ignore[reportUnknownMemberType]  # untyped time
        body, endpoint.secret
    )
    if endpoint.previous_secret is None:
        return first
    moment = int(first.partition(",")[0].removeprefix("t="))
    second: str = WebhookSignature.generate_signature_header(  # pyright: ignore[reportUnknownMemberType]  # untyped time
        body, endpoint.previous_secret, moment
    )
    return f"{first},{second.partition(',')[2]}"
