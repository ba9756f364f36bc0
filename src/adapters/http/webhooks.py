"""Where Stripe sends its webhooks."""

from typing import Annotated, Any

import msgspec
from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, Request, post
from litestar.params import HeaderParameter

from usecases.webhooks.receive_webhook import WEBHOOK_BYTES_MAX, ReceiveWebhook


class WebhookReceivedBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The event is stored; `duplicate` says that it was before."""

    received: bool
    duplicate: bool


class StripeWebhookController(Controller):
    """Webhooks are signed, not signed in."""

    path = "/webhooks/stripe"
    tags = ("Webhooks",)

    @post(
        summary="Take a webhook of Stripe's",
        status_code=200,
        opt={"exclude_from_auth": True},
        security=[{}],
        request_max_body_size=WEBHOOK_BYTES_MAX,
    )
    @inject
    async def receive(
        self,
        request: Request[Any, Any, Any],
        usecase: FromDishka[ReceiveWebhook],
        signature: Annotated[
            str | None,
            HeaderParameter(name="Stripe-Signature", description="Stripe's signature over the raw body and a time."),
        ] = None,
    ) -> WebhookReceivedBody:
        """Answers once the event is stored; it is processed afterwards. 400 for a signature that does not fit."""
        taken = await usecase(await request.body(), signature=signature)
        return WebhookReceivedBody(received=taken.received, duplicate=taken.duplicate)
