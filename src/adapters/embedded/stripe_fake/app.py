"""The stand-in as an application: Stripe's calls under /v1, its pages, and the controls of tests under /_fake."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from litestar import Litestar, Request, Response, Router, route

from adapters.embedded.stripe_fake.access import access_of
from adapters.embedded.stripe_fake.accounts import Accounts
from adapters.embedded.stripe_fake.api import Api
from adapters.embedded.stripe_fake.books import Books
from adapters.embedded.stripe_fake.charges import Charges
from adapters.embedded.stripe_fake.controls import account_controls, money_controls, state_controls, webhook_controls
from adapters.embedded.stripe_fake.disputes import Disputes
from adapters.embedded.stripe_fake.errors import StripeFakeError, invalid
from adapters.embedded.stripe_fake.events import Events
from adapters.embedded.stripe_fake.faults import Faults
from adapters.embedded.stripe_fake.forms import parse_form
from adapters.embedded.stripe_fake.ledger import Ledger
from adapters.embedded.stripe_fake.objects import StripeDict, new_id
from adapters.embedded.stripe_fake.pages import pages
from adapters.embedded.stripe_fake.payments import Payments
from adapters.embedded.stripe_fake.payouts import Payouts
from adapters.embedded.stripe_fake.refunds import Refunds
from adapters.embedded.stripe_fake.replays import Answer, Replays
from adapters.embedded.stripe_fake.settings import API_VERSION, StripeFakeSettings
from adapters.embedded.stripe_fake.transfers import Transfers
from adapters.embedded.stripe_fake.webhooks import WebhookSender


class StripeFakeState:
    """All the parts of one stand-in."""

    def __init__(self, settings: StripeFakeSettings, *, base_url: str) -> None:
        self.settings = settings
        self.ledger = Ledger(settings.folder)
        self.sender = WebhookSender(settings, self.ledger)
        self.events = Events(self.ledger, self.sender)
        self.faults = Faults()
        self.replays = Replays(self.ledger)
        books = Books(self.ledger)
        self.accounts = Accounts(self.ledger, self.events, base_url=base_url)
        self.payouts = Payouts(self.ledger, self.events)
        self.transfers = Transfers(self.ledger, self.events, books)
        self.refunds = Refunds(self.ledger, self.events, books, self.transfers)
        self.disputes = Disputes(self.ledger, self.events, books)
        self.payments = Payments(
            self.ledger,
            self.events,
            charges=Charges(self.ledger, self.events, books, self.transfers),
            disputes=self.disputes,
            base_url=base_url,
        )
        self.api = Api(
            self.ledger,
            payments=self.payments,
            refunds=self.refunds,
            disputes=self.disputes,
            accounts=self.accounts,
            payouts=self.payouts,
            transfers=self.transfers,
        )

    async def answer(self, request: Request[Any, Any, Any]) -> Answer:
        """Answer a call under /v1."""
        access = access_of(request.headers.get("authorization"), self.settings)
        version = request.headers.get("stripe-version", API_VERSION)
        if version != API_VERSION:
            raise invalid(f"The stand-in is of version {API_VERSION}, and cannot answer as {version} would.")
        method, path = request.method, str(request.path_params["path"]).strip("/")
        raw = await request.body() if method == "POST" else request.scope["query_string"]
        key = request.headers.get("idempotency-key") if method == "POST" else None
        account = request.headers.get("stripe-account")
        params = parse_form(raw.decode(errors="replace"))

        def work() -> StripeDict:
            self.faults.during_work(path)
            return self.api.call(method, path, params, access, account=account)

        with self.replays.claimed(key):
            await self.faults.before_work(request, path)
            with self.events.caused_by(idempotency_key=key):
                answer = self.replays.run(key, json.dumps([method, path, account, params], sort_keys=True), work)
        await self.faults.after_work(request, path)
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
            pages(fake.accounts, fake.payments),
            Router(
                "/_fake",
                route_handlers=[
                    *webhook_controls(fake.sender, fake.ledger),
                    *account_controls(fake.accounts, fake.payouts),
                    *money_controls(fake.payments, fake.refunds, fake.disputes, fake.transfers),
                    *state_controls(fake.ledger, fake.sender, fake.faults),
                ],
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
