"""Why a webhook is not taken."""

from core.shared.errors import DomainError


class BadSignatureError(DomainError):
    """The signature is missing, does not fit the body and our secret, or its time is too far from now."""

    code = "webhooks.bad_signature"


class MalformedWebhookError(DomainError):
    """The body is signed, and still no event that we can read."""

    code = "webhooks.malformed"


class WebhooksDisabledError(DomainError):
    """No secret is set for this endpoint, so nothing could be verified."""

    code = "webhooks.disabled"


class WebhookNotFoundError(DomainError):
    """There is no such webhook."""

    code = "webhooks.not_found"


class WebhookBusyError(DomainError):
    """The webhook is being processed, or will be in a moment; there is nothing to replay."""

    code = "webhooks.busy"
