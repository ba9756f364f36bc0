"""The payment service as it runs: its own container, a real payment_db, Valkey, and the stand-in for Stripe."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import UUID, uuid4

import httpx
import uvicorn
from dishka import AsyncContainer

from adapters.embedded.stripe_fake.server import StripeFake
from adapters.postgres.migrator import Database
from bootstrap.containers.payment import payment_service
from bootstrap.containers.service import Links, build_container
from bootstrap.settings import Settings
from ports.health import HealthCheck
from ports.published.payments import PaymentsApi, PaymentStarted
from ports.webhooks import WebhookQueue
from tests.service_client import SpelledOutTokens, app_of, container_of, give_back, routes_of, settings_with
from usecases.webhooks.process_webhooks import ProcessWebhooks

WEBHOOK_SECRET = "whsec_test"
CONNECT_WEBHOOK_SECRET = "whsec_connect_test"
WEBHOOK_PATH = "/api/v1/webhooks/stripe"


def settings_for(
    database: Database, *, stripe_url: str, redis_url: str, webhook_secret: str, **variables: str
) -> Settings:
    return settings_with(
        PAYMENT_DATABASE_URL=database.app_url,
        PAYMENT_DATABASE_RELAY_URL=database.relay_url,
        REDIS_URL=redis_url,
        STRIPE_SECRET_KEY="sk_test_fairseat",
        STRIPE_API_URL=stripe_url,
        STRIPE_WEBHOOK_SECRET=webhook_secret,
        STRIPE_CONNECT_WEBHOOK_SECRET=CONNECT_WEBHOOK_SECRET,
        STRIPE_FEE_BASIS_POINTS="150",
        STRIPE_FEE_FIXED_MINOR="25",
        **variables,
    )


@dataclass
class RunningPayments:
    """What a test may touch. Nothing is processed unless it asks for that."""

    container: AsyncContainer
    fake: StripeFake
    client: httpx.AsyncClient
    tenant_id: UUID
    account_id: UUID
    venue_id: UUID = field(default_factory=uuid4)

    async def start(
        self, *, order_id: UUID | None = None, amount_minor: int = 7500, escrow: bool = False
    ) -> tuple[UUID, PaymentStarted]:
        order = order_id or uuid4()
        api: PaymentsApi = await self.container.get(PaymentsApi)
        started = await api.start(
            tenant_id=self.tenant_id,
            order_id=order,
            account_id=self.account_id,
            amount_minor=amount_minor,
            currency="EUR",
            method="CARD",
            description="Derby, 1 seat",
            venue_ids=(self.venue_id,),
            escrow=escrow,
        )
        return order, started

    async def confirm(self, started: PaymentStarted, method: str = "pm_card_visa") -> httpx.Response:
        """Do what the buyer's browser does with Stripe's client library."""
        async with httpx.AsyncClient() as browser:
            return await browser.post(
                f"{self.fake.url}/v1/payment_intents/{started.stripe_payment_intent_id}/confirm",
                data={"payment_method": method, "client_secret": started.client_secret},
                headers={"authorization": f"Bearer {self.fake.settings.publishable_key}"},
            )

    async def process(self) -> int:
        """Wait until every webhook is in, then process what is due."""
        await self.fake.state.sender.idle()
        return await (await self.container.get(ProcessWebhooks))()

    async def queue(self) -> WebhookQueue:
        found: WebhookQueue = await self.container.get(WebhookQueue)
        return found

    async def read(
        self, payment_id: UUID, *, account_id: UUID | None = None, tenant_id: UUID | None = None
    ) -> httpx.Response:
        headers = {
            "authorization": f"Bearer {account_id or self.account_id}",
            "x-tenant-id": str(tenant_id or self.tenant_id),
        }
        return await self.client.get(f"/api/v1/payments/{payment_id}", headers=headers)

    async def status(self, started: PaymentStarted) -> str:
        answer = await self.read(started.payment_id)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["status"])


@asynccontextmanager
async def running_payments(
    database: Database,
    *,
    redis_url: str,
    webhook_secret: str = WEBHOOK_SECRET,
    apis: dict[type, object] | None = None,
    **variables: str,
) -> AsyncIterator[RunningPayments]:
    """Run the API on a port, so that webhooks arrive as they do in production."""
    async with StripeFake(webhook_secret=WEBHOOK_SECRET, connect_webhook_secret=CONNECT_WEBHOOK_SECRET) as fake:
        service, listening = payment_service(), bound()
        settings = settings_for(
            database,
            stripe_url=fake.url,
            redis_url=redis_url,
            webhook_secret=webhook_secret,
            HTTP_PORT=str(listening.getsockname()[1]),
            **variables,
        )
        links = Links(served_by=dict.fromkeys(apis or {}, container_of(apis or {})))
        container = build_container(service, settings, links)

        async def checks() -> list[HealthCheck]:
            return [await container.get(check) for check in service.checks]

        app = app_of(routes_of(service, container), verifier=SpelledOutTokens(), checks=checks)
        async with served(app, listening) as url, httpx.AsyncClient(base_url=url) as client:
            fake.state.sender.endpoint.url = f"{url}{WEBHOOK_PATH}"
            fake.state.sender.connect.url = f"{url}{WEBHOOK_PATH}/connect"
            yield RunningPayments(container, fake, client, uuid4(), uuid4())
            await fake.state.sender.idle()
        give_back(app)
        await container.close()


class _QuietServer(uvicorn.Server):
    def install_signal_handlers(self) -> None:
        """Leave the signals to pytest."""


def bound() -> socket.socket:
    """Take a free port, which is nobody else's from now on."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.bind(("127.0.0.1", 0))
    return listening


@asynccontextmanager
async def served(app: object, listening: socket.socket | None = None) -> AsyncIterator[str]:
    """Serve an ASGI application at a socket, or on a free port, and yield its address."""
    listening = listening or bound()
    config = uvicorn.Config(app, log_config=None, access_log=False, lifespan="on")  # type: ignore[arg-type]  # any ASGI
    server = _QuietServer(config)
    task = asyncio.create_task(server._serve([listening]))
    try:
        while not server.started:
            assert not task.done(), "the server did not start"
            await asyncio.sleep(0.01)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        await task
