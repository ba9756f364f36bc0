"""Where Stripe sends its webhooks, and where an organisation sees what came of its own."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.openapi.spec import Operation
from litestar.params import FromPath, HeaderParameter, QueryParameter

from adapters.http.documented import raw_json
from adapters.http.paging import PageBody, page_body
from core.shared.callers import Caller
from core.webhooks.webhook import WebhookStatus, WebhookSummary
from ports.paging import PageRequest
from ports.published.webhooks import STRIPE, STRIPE_CONNECT
from usecases.webhooks.list_own_webhooks import ListOwnWebhooks
from usecases.webhooks.receive_webhook import WEBHOOK_BYTES_MAX, ReceiveWebhook
from usecases.webhooks.replay_own_webhook import ReplayOwnWebhook

Signature = Annotated[
    str | None,
    HeaderParameter(name="Stripe-Signature", description="Stripe's signature over the raw body and a time."),
]


class WebhookReceivedBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The event is stored; `duplicate` says that it was before."""

    received: bool
    duplicate: bool


class WebhookBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What came of one event: never its content, which is about people.

    `source` says which endpoint it came to. `error` is why the last try failed; `note` why a completed event had no
    effect; `dueAt` when it is tried again, or until when a worker has it.
    """

    id: UUID
    source: str
    event_id: str
    type: str
    status: Literal["received", "processing", "retrying", "completed", "failed"]
    retry_count: int
    occurred_at: datetime
    received_at: datetime
    due_at: datetime | None
    processed_at: datetime | None
    error: str | None
    note: str | None

    @classmethod
    def of(cls, webhook: WebhookSummary) -> "WebhookBody":
        """Return the webhook as the API shows it."""
        return cls(
            id=webhook.id,
            source=webhook.source,
            event_id=webhook.event_id,
            type=webhook.event_type,
            status=webhook.status.value,
            retry_count=webhook.retry_count,
            occurred_at=webhook.occurred_at,
            received_at=webhook.received_at,
            due_at=webhook.due_at,
            processed_at=webhook.processed_at,
            error=webhook.error_message,
            note=webhook.note,
        )


@dataclass
class SignedOperation(Operation):
    """Says in the document what is sent, whose bytes the handler takes as they are."""

    def __post_init__(self) -> None:
        """Put the body in."""
        self.request_body = raw_json("An event of Stripe's, byte by byte as it was signed.")


async def take_as_sent(_: Request[Any, Any, Any]) -> None:
    """Look for nothing in the body: what was signed is stored as it is, whatever characters its texts hold."""


class StripeWebhookController(Controller):
    """Webhooks are signed, not signed in."""

    path = "/webhooks/stripe"
    tags = ("Webhooks",)
    opt = {"exclude_from_auth": True}  # noqa: RUF012  (Litestar reads it from the class)
    security = ({},)
    request_max_body_size = WEBHOOK_BYTES_MAX

    @post(
        summary="Take a webhook of Stripe's",
        status_code=200,
        before_request=take_as_sent,
        operation_class=SignedOperation,
    )
    @inject
    async def receive(
        self, request: Request[Any, Any, Any], usecase: FromDishka[ReceiveWebhook], signature: Signature = None
    ) -> WebhookReceivedBody:
        """Answers once the event is stored; it is processed afterwards. 400 for a signature that does not fit."""
        taken = await usecase(await request.body(), source=STRIPE, signature=signature)
        return WebhookReceivedBody(received=taken.received, duplicate=taken.duplicate)

    @post(
        "/connect",
        summary="Take a webhook of Stripe's about a connected account",
        status_code=200,
        before_request=take_as_sent,
        operation_class=SignedOperation,
    )
    @inject
    async def receive_connect(
        self, request: Request[Any, Any, Any], usecase: FromDishka[ReceiveWebhook], signature: Signature = None
    ) -> WebhookReceivedBody:
        """As for the platform's own events, with a secret of its own; neither endpoint takes the other's events."""
        taken = await usecase(await request.body(), source=STRIPE_CONNECT, signature=signature)
        return WebhookReceivedBody(received=taken.received, duplicate=taken.duplicate)


class WebhookController(Controller):
    """What Stripe told about an organisation's payments and account."""

    path = "/webhooks"
    tags = ("Webhooks",)

    @get(summary="List the organisation's webhooks")
    @inject
    async def list_webhooks(
        self,
        page: NamedDependency[PageRequest],
        caller: NamedDependency[Caller],
        usecase: FromDishka[ListOwnWebhooks],
        status: Annotated[
            Literal["received", "processing", "retrying", "completed", "failed"] | None,
            QueryParameter(description="Only those of this status."),
        ] = None,
    ) -> PageBody[WebhookBody]:
        """Owners and managers; the newest first. Completed ones are forgotten after 30 days, failed ones stay."""
        found = await usecase(caller, page, status=WebhookStatus(status) if status else None)
        return page_body(found, WebhookBody.of)

    @post("/{webhook_id:uuid}/replay", summary="Process a webhook once more", status_code=200)
    @inject
    async def replay(
        self, webhook_id: FromPath[UUID], caller: NamedDependency[Caller], usecase: FromDishka[ReplayOwnWebhook]
    ) -> WebhookBody:
        """Owners and managers, for one that failed or is completed; 409 for one that is still being taken care of."""
        return WebhookBody.of(await usecase(caller, webhook_id))
