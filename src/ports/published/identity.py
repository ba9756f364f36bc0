"""What identity offers: reading tokens, the addresses of accounts, and the news of accounts and organisations."""

from abc import abstractmethod
from datetime import datetime
from typing import ClassVar, Protocol
from uuid import UUID

import msgspec

from ports.events import Event


class VerifiedToken(msgspec.Struct, frozen=True, kw_only=True):
    """What a valid access token says. `tenant_id` and `role` stand only in a staff token.

    That of an API key has `scopes`, what the key is for, and no role; its `account_id` is the id of the key, which is
    no account. `expires_at` is for what goes on after the request was let in, such as a stream; None means that nobody
    knows. `session_id` is the session that the token came from, where it came from one.
    """

    account_id: UUID
    tenant_id: UUID | None = None
    role: str | None = None
    guest: bool = False
    expires_at: datetime | None = None
    scopes: tuple[str, ...] | None = None
    session_id: UUID | None = None


class TokenVerifier(Protocol):
    """Reads access tokens without a network call on the request's path, and API keys with few."""

    @abstractmethod
    async def verify(self, token: str) -> VerifiedToken:
        """Return what the token says, or for whom and what the API key is.

        Raises RefusedError with `identity.invalid_token` for a bad signature, a foreign issuer or audience, an
        algorithm that was not agreed (`none` among them), an expired token, and a key that is unknown, revoked or
        expired; UnavailableError where that cannot be found out.
        """


class TokenKey(msgspec.Struct, frozen=True, kw_only=True):
    """A public key whose tokens are honoured: its id, and the `x` of an Ed25519 JSON Web Key (RFC 8037)."""

    kid: str
    x: str


class TokenKeysApi(Protocol):
    """What a process that reads access tokens by itself asks, now and then."""

    @abstractmethod
    async def token_keys(self) -> tuple[TokenKey, ...]:
        """Return the keys whose tokens are honoured, the one that signs first. Raises LinkUnavailableError."""


class IdentityApi(Protocol):
    """What others may ask about accounts, once they have asked who may know."""

    @abstractmethod
    async def email_of(self, *, account_id: UUID) -> str | None:
        """Return the verified e-mail address of an account in its normal form.

        None for an account that has not shown that its address is its own, for a guest, and for who is not there. An
        address has one account, whatever the case of its letters. Raises LinkUnavailableError while identity cannot
        be asked.
        """


class PersonsApi(Protocol):
    """What the service that keeps people's own data asks about their accounts."""

    @abstractmethod
    async def confirm_erasure(
        self, *, account_id: UUID, password: str, totp_code: str | None, address: str | None
    ) -> None:
        """Make sure that the person themselves wants their account to end; `address` is where they ask from.

        Raises RefusedError `identity.wrong_password`, `identity.totp_required` and `identity.totp_wrong` where the
        account has an authenticator app, `identity.too_many_attempts` (with `retry_after_s`), `identity.invalid_token`
        when the account is gone, `identity.last_owner` for who alone could act for an organisation that has other
        members; and LinkUnavailableError.
        """


class AccountRegistered(Event, frozen=True, kw_only=True):
    """Someone made an account."""

    event_type: ClassVar[str] = "identity.account.registered"

    account_id: UUID
    email: str
    display_name: str


class EmailVerified(Event, frozen=True, kw_only=True):
    """An account has shown that its e-mail address is its own."""

    event_type: ClassVar[str] = "identity.email.verified"

    account_id: UUID
    email: str


class OrganisationCreated(Event, frozen=True, kw_only=True):
    """An organisation, a tenant, came to be."""

    event_type: ClassVar[str] = "identity.organisation.created"

    organisation_id: UUID
    name: str
    owner_account_id: UUID
