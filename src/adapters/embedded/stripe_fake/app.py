"""The stand-in as an application: Stripe's calls under /v1, its pages, and the controls of tests under /_fake."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from litestar import Litestar, Request, Response, Router, route

from adapters.embedded.stripe_fake.access import access_of
from adapters.embedded.stripe_fake.accounts import Accounts
from adapters.embedded.stripe_fake.api import Api
from adapters.embedded.stripe_fake.controls import controls
from adapters.embedded.stripe_fake.errors import StripeFakeError
from adapters.embedded.stripe_fake.events import Events
from adapters.embedded.stripe_fake.faults import Faults
from adapters.embedded.stripe_fake.forms import parse_form
from adapters.embedded.stripe_fake.ledger import Ledger
from adapters.embedded.stripe_fake.objects import StripeDict, new_id
from adapters.embedded.stripe_fake.pages import pages
from adapters.embedded.stripe_fake.payments import Payments
from adapters.embedded.stripe_fake.replays import Answer, Replays
from adapters.embedded.stripe_fake.settings import StripeFakeSettings
from adapters.embedded.stripe_fake.webhooks import WebhookSender


class StripeFakeState:
    """All the parts of one stand-in."""

    def __init__(self, settings: StripeFakeSettings, *, base_url: str) -> None:
        self.settings = settings
        self.ledger = Ledger(settings.folder)
        self.sender = WebhookSender(settings, self.ledger)
        self.events = Events(self.ledger, self.sender)
        self.faults = Faults()
        self.accounts = Accounts(self.ledger, self.events, base_url=base_url)
        self.payments = Payments(self.ledger, self.events)
        self.api = Api(self.ledger, payments=self.payments, accounts=self.accounts)
        self.replays = Replays(self.ledger)

    async def answer(self, request: Request[Any, Any, Any]) -> Answer:
        """Answer a call under /v1."""
        access = access_of(request.headers.get("authorization"), self.settings)
        await self.faults.before_work()
        method, path = request.method, str(request.path_params["path"])
        raw = await request.body() if method == "POST" else request.scope["query_string"]
        key = request.headers.get("idempotency-key") if method == "POST" else None
        params = parse_form(raw.decode(errors="replace"))
        fingerprint = json.dumps([method, path, params], sort_keys=True)
        self.events.caused_by(idempotency_key=key)
        answer = self.replays.run(key, fingerprint, lambda: self.api.call(method, path, params, access))
        if self.faults.after:
            self.faults.after_work()
        return answer


def create_app(settings: StripeFakeSettings, *, base_url: str) -> Litestar:
    """Build the application, which browsers reach at `base_url`; its state, a StripeFakeState, is `app.state.fake`."""
    fake = StripeFakeState(settings, base_url=base_url)

    @asynccontextmanager
    async def running(_: Litestar) -> AsyncIterator[None]:
        await fake.sender.start()
        try:
            yield
        finally:
            await fake.sender.stop()
            fake.ledger.close()

    app = Litestar(
        route_handlers=[
            _stripe_calls(fake),
            pages(fake.accounts),
            controls(
                ledger=fake.ledger,
                sender=fake.sender,
                faults=fake.faults,
                payments=fake.payments,
                accounts=fake.accounts,
            ),
        ],
        lifespan=[running],
        exception_handlers={StripeFakeError: _on_error},
        openapi_config=None,
        logging_config=None,
        request_max_body_size=1_000_000,
    )
    app.state.fake = fake
    return app


def _stripe_calls(fake: StripeFakeState) -> Router:
    @route("/v1/{path:path}", http_method=["GET", "POST"], status_code=200)
    async def stripe_call(request: Request[Any, Any, Any]) -> Response[StripeDict]:
        answer = await fake.answer(request)
        headers = {"request-id": new_id("req", length=14)}
        if answer.replayed:
            headers["idempotent-replayed"] = "true"
        return Response(answer.body, status_code=answer.status, headers=headers)

    return Router("/", route_handlers=[stripe_call])


def _on_error(_: Request[Any, Any, Any], error: StripeFakeError) -> Response[StripeDict]:
    headers = {"request-id": new_id("req", length=14)}
    return Response(error.body, status_code=error.status, headers=headers)
