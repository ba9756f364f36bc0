"""The stand-in for Stripe, as the tests of it use it: the real SDK as the client, and endpoints that take webhooks."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import stripe
from litestar import Litestar, Request, Response, post
from stripe._v1_services import V1Services
from stripe.params import AccountCreateParams

from adapters.embedded.stripe_fake.objects import StripeDict
from adapters.embedded.stripe_fake.server import StripeFake
from adapters.stripe.client import API_VERSION
from tests.payment_service import served


@dataclass
class Listener:
    """An endpoint that verifies each webhook, refuses the first `refusals`, and keeps the others."""

    secret: str
    refusals: int = 0
    events: list[StripeDict] = field(default_factory=list[StripeDict])

    @property
    def kept(self) -> list[str]:
        return [event["type"] for event in self.events]

    def app(self) -> Litestar:
        @post("/hook", status_code=200)
        async def hook(request: Request[Any, Any, Any]) -> Response[None]:
            body = await request.body()
            stripe.WebhookSignature.verify_header(body, request.headers["stripe-signature"], self.secret, 300)
            if self.refusals:
                self.refusals -= 1
                return Response(None, status_code=503)
            self.events.append(json.loads(body))
            return Response(None)

        return Litestar([hook], openapi_config=None, logging_config=None)


@dataclass
class Stage:
    """A stand-in, the SDK's calls, a client with the secret key for calls as no SDK makes them, and both endpoints."""

    fake: StripeFake
    api: V1Services
    http: httpx.AsyncClient
    platform: Listener
    connect: Listener

    async def anew(self) -> None:
        """Forget what the last test did."""
        state = self.fake.state
        await state.sender.idle()
        await self.http.delete("/_fake/state")
        for listener, endpoint in ((self.platform, state.sender.endpoint), (self.connect, state.sender.connect)):
            listener.refusals = 0
            listener.events.clear()
            endpoint.paused, endpoint.held, endpoint.copies, endpoint.delay_s = False, False, 1, 0.0
            endpoint.waiting.clear()

    async def control(self, path: str, **body: object) -> Any:
        answer = await self.http.post(f"/_fake/{path}", json=body)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    async def call(self, method: str, path: str, form: dict[str, str] | None = None, **headers: str) -> httpx.Response:
        if method == "GET":
            return await self.http.get(f"/v1/{path}", params=form, headers=headers)
        return await self.http.post(f"/v1/{path}", data=form, headers=headers)

    async def told(self) -> list[str]:
        """The types of the events that the platform's endpoint took since it was asked last."""
        return [event["type"] for event in await self.taken(self.platform)]

    async def taken(self, listener: Listener) -> list[StripeDict]:
        await self.fake.state.sender.idle()
        events, listener.events = listener.events, []
        return events

    async def account(self, asked: AccountCreateParams | None = None, *, onboarded: bool = True) -> str:
        """A connected account, by its id."""
        account = await self.api.accounts.create_async(asked or {"type": "express", "country": "DE"})
        if onboarded:
            await self.control(f"accounts/{account.id}/onboard")
        return account.id


def bearer(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"}


@asynccontextmanager
async def stage() -> AsyncIterator[Stage]:
    """Set it all up; the SDK repeats nothing, so that each call of a test is one call."""
    async with (
        StripeFake() as fake,
        httpx.AsyncClient(base_url=fake.url, headers=bearer(fake.settings.secret_key)) as http,
    ):
        platform = Listener(fake.settings.webhook_secret)
        connect = Listener(fake.settings.connect_webhook_secret)
        connections = stripe.HTTPXClient(timeout=10)
        client = stripe.StripeClient(
            fake.settings.secret_key,
            stripe_version=API_VERSION,
            http_client=connections,
            max_network_retries=0,
            base_addresses={"api": fake.url},
        )
        async with served(platform.app()) as one, served(connect.app()) as other:
            fake.state.sender.endpoint.url = f"{one}/hook"
            fake.state.sender.connect.url = f"{other}/hook"
            yield Stage(fake, client.v1, http, platform, connect)
            await fake.state.sender.idle()
        await connections.close_async()  # type: ignore[no-untyped-call]  # the SDK has no types here
