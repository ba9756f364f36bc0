"""Who calls: a server with the secret key, or a browser with the publishable key and an intent's client secret."""

import base64
import binascii
from dataclasses import dataclass
from secrets import compare_digest

from adapters.embedded.stripe_fake.errors import unauthorised
from adapters.embedded.stripe_fake.objects import StripeDict
from adapters.embedded.stripe_fake.settings import StripeFakeSettings

_HIDDEN_FROM_BROWSERS = ("metadata", "application_fee_amount", "transfer_data", "on_behalf_of", "latest_charge")


@dataclass(frozen=True, slots=True)
class Access:
    """What the key opens."""

    is_secret: bool

    def must_be_secret(self) -> None:
        """Raise 401 unless the secret key was sent."""
        if not self.is_secret:
            raise unauthorised("This API call cannot be made with a publishable API key. Please use a secret API key.")

    def must_hold(self, intent: StripeDict, client_secret: str | None) -> None:
        """Raise 401 unless the caller has the secret key, or the intent's own client secret."""
        if not self.is_secret and not compare_digest(client_secret or "", intent["client_secret"]):
            raise unauthorised("The client_secret provided does not match the client_secret on the PaymentIntent.")

    def view(self, intent: StripeDict) -> StripeDict:
        """Return what this caller may see of an intent."""
        if self.is_secret:
            return intent
        return {name: value for name, value in intent.items() if name not in _HIDDEN_FROM_BROWSERS}


def access_of(authorization: str | None, settings: StripeFakeSettings) -> Access:
    """Read `Bearer <key>`, or `Basic` with the key as the user; raises 401."""
    scheme, _, value = (authorization or "").partition(" ")
    key = value.strip()
    if scheme.lower() == "basic":
        try:
            key = base64.b64decode(key, validate=True).decode().partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            key = ""
    if not key:
        raise unauthorised(
            "You did not provide an API key. You need to provide your API key in the Authorization header, using "
            "Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY')."
        )
    if compare_digest(key.encode(), settings.secret_key.encode()):
        return Access(is_secret=True)
    if compare_digest(key.encode(), settings.publishable_key.encode()):
        return Access(is_secret=False)
    raise unauthorised(f"Invalid API Key provided: {key[:7]}***")
