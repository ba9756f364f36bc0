"""What identity needs from the world: stores in one transaction, password hashes, and signed tokens."""

from abc import abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

import msgspec

from core.identity.access import AccessClaims
from core.identity.account import Account
from core.identity.api_keys import ApiKey
from core.identity.organisation import Member, Membership, Organisation, OrganisationRole
from core.identity.sessions import LiveSession, RefreshFamily, RefreshToken
from core.shared.emails import Email
from core.shared.ids import AccountId, ApiKeyId, TenantId
from ports.events import Outbox
from ports.identity.letters import Letters, MailTokenStore
from ports.identity.second_factor import TotpStore
from ports.paging import Page, PageRequest


class AccountStore(Protocol):
    """The accounts; any transaction sees them, since signing in comes before anyone is known."""

    @abstractmethod
    async def add(self, account: Account) -> None:
        """Store a new account; raises EmailTakenError when its e-mail key is there already."""

    @abstractmethod
    async def by_id(self, account_id: AccountId) -> Account | None:
        """Return the account, or None."""

    @abstractmethod
    async def by_email(self, email: Email) -> Account | None:
        """Return the account whose e-mail key is this one's, or None."""

    @abstractmethod
    async def lock(self, account_id: AccountId) -> Account | None:
        """Return the transaction's account, locked until it ends: who signs in sees a new password, or is seen."""

    @abstractmethod
    async def set_email_verified(self, account_id: AccountId, *, at: datetime) -> None:
        """Store when the address was shown to be the account's; nothing happens where it was, or as below."""

    @abstractmethod
    async def set_password_hash(self, account_id: AccountId, password_hash: str, *, at: datetime) -> None:
        """Replace the hash of the password; nothing happens for an account that the transaction does not name."""


class RefreshStore(Protocol):
    """The refresh tokens, by digest only: the tokens themselves are nowhere."""

    @abstractmethod
    async def start(self, family: RefreshFamily, token: RefreshToken) -> None:
        """Store a new family with its first token."""

    @abstractmethod
    async def lock(self, digest: bytes) -> tuple[RefreshFamily, RefreshToken] | None:
        """Return the token with this digest and its family, or None.

        The family is locked until the transaction ends, and both are read after the lock was had: of two callers
        with tokens of one family, the second sees what the first did.
        """

    @abstractmethod
    async def rotate(self, spent: RefreshToken, successor: RefreshToken) -> None:
        """Store the spent state of a token and its successor; the family must be locked."""

    @abstractmethod
    async def revoke(self, family_id: UUID, *, at: datetime) -> None:
        """End the family; its tokens stay known, so that reuse is still told. Ending it twice keeps the first time."""

    @abstractmethod
    async def live_of(self, account_id: AccountId, page: PageRequest, *, now: datetime) -> Page[LiveSession]:
        """Return the account's sessions that can be renewed, the newest first: a page goes on before `page.after`."""

    @abstractmethod
    async def end(self, account_id: AccountId, family_id: UUID, *, at: datetime) -> bool:
        """End one session of the account; False where it has none such that is not over."""

    @abstractmethod
    async def end_all(self, account_id: AccountId, *, but: UUID | None, at: datetime) -> int:
        """End every session of the account but this one; return how many that were."""

    @abstractmethod
    async def forget_expired(self, *, now: datetime, families_max: int) -> int:
        """Delete families whose every token has expired, at most `families_max`; return how many went."""


class OrganisationStore(Protocol):
    """The organisations that the transaction may see: its tenant, and those where its account is a member."""

    @abstractmethod
    async def add(self, organisation: Organisation) -> None:
        """Store a new organisation; its id must be the tenant of the transaction."""

    @abstractmethod
    async def find(self, tenant_id: TenantId) -> Organisation | None:
        """Return the organisation, or None where there is none or it may not be seen."""

    @abstractmethod
    async def set_requires_totp(self, tenant_id: TenantId, *, required: bool) -> None:
        """Store whether members need a second factor to act; only of the transaction's tenant."""

    @abstractmethod
    async def of_account(self, account_id: AccountId, page: PageRequest) -> Page[OrganisationRole]:
        """Return a page of the account's organisations with its role in each, by organisation id."""


class MembershipStore(Protocol):
    """The memberships that the transaction may see: those of its tenant, and those of its account."""

    @abstractmethod
    async def add(self, membership: Membership) -> None:
        """Store a new membership of the transaction's tenant; raises AlreadyMemberError when there is one."""

    @abstractmethod
    async def find(self, tenant_id: TenantId, account_id: AccountId) -> Membership | None:
        """Return the membership, or None where there is none or it may not be seen."""

    @abstractmethod
    async def lock_all(self, tenant_id: TenantId) -> Sequence[Membership]:
        """Return the organisation's memberships by account id, locked until the transaction ends.

        A change of roles decides over all of them: two owners who leave at once must not both succeed.
        """

    @abstractmethod
    async def of_tenant(self, tenant_id: TenantId, page: PageRequest) -> Page[Member]:
        """Return a page of the organisation's members with name and e-mail, by account id."""

    @abstractmethod
    async def set_role(self, membership: Membership) -> None:
        """Store the role of a membership that is there."""

    @abstractmethod
    async def remove(self, tenant_id: TenantId, account_id: AccountId) -> None:
        """Delete the membership; nothing happens where there is none."""


class ApiKeyStore(Protocol):
    """The API keys that the transaction may see: those of its tenant, and the one whose id it names as its account."""

    @abstractmethod
    async def add(self, key: ApiKey) -> None:
        """Store a new key of the transaction's tenant."""

    @abstractmethod
    async def find(self, key_id: ApiKeyId) -> ApiKey | None:
        """Return the key, or None where there is none or it may not be seen. Scopes that nobody knows are left out."""

    @abstractmethod
    async def lock(self, tenant_id: TenantId, key_id: ApiKeyId) -> ApiKey | None:
        """Return the organisation's key as `find` does, locked until the transaction ends."""

    @abstractmethod
    async def live(self, tenant_id: TenantId, *, now: datetime) -> int:
        """Return how many of the organisation's keys are neither revoked nor expired."""

    @abstractmethod
    async def of_tenant(self, tenant_id: TenantId, page: PageRequest) -> Page[ApiKey]:
        """Return a page of the organisation's keys, those that were revoked too, by id: the oldest first."""

    @abstractmethod
    async def revoke(self, key: ApiKey) -> None:
        """Store when and by whom the key was revoked."""

    @abstractmethod
    async def note_use(self, key_id: ApiKeyId, *, at: datetime, every: timedelta) -> None:
        """Store when the key was used, unless what is stored is less than `every` ago."""


class IdentityTransaction(Protocol):
    """What one transaction on identity's data can reach."""

    accounts: AccountStore
    refreshes: RefreshStore
    organisations: OrganisationStore
    memberships: MembershipStore
    api_keys: ApiKeyStore
    mail_tokens: MailTokenStore
    letters: Letters
    totp: TotpStore
    outbox: Outbox


class IdentityTransactions(Protocol):
    """Begins transactions on identity's data."""

    @abstractmethod
    def begin(
        self, *, tenant_id: TenantId | None = None, account_id: AccountId | None = None
    ) -> AbstractAsyncContextManager[IdentityTransaction]:
        """Commit when the block ends, roll back when it raises; nothing else commits.

        Organisations and memberships can be read for the tenant and for the account that are named, and written for
        the tenant alone. Without either there are none. An API key counts as an account of its own id here, which sees
        that key, and notes its use. Accounts, refresh tokens and mailed tokens can be read by each transaction; an
        account, its mailed tokens and its second factor are written only by a transaction that names it. To write
        anything else is a fault of the program, and raises no DomainError.
        """


class PasswordHasher(Protocol):
    """Hashes passwords slowly on purpose, off the event loop."""

    @abstractmethod
    async def hash(self, password: str) -> str:
        """Return a salted hash that names its own algorithm and costs."""

    @abstractmethod
    async def verify(self, password: str, password_hash: str | None) -> bool:
        """Say whether the hash is this password's. With None it does the same work and answers False."""

    @abstractmethod
    def outdated(self, password_hash: str) -> bool:
        """Say whether the hash was made with other costs than today's, and should be made anew."""


class RefreshSecrets(Protocol):
    """Makes refresh tokens, and the tokens that are mailed."""

    @abstractmethod
    def new(self) -> str:
        """Return a new token that cannot be guessed (256 random bits)."""

    @abstractmethod
    def new_mail_token(self) -> str:
        """Return a new token for a letter (256 random bits), in 43 characters that stand unchanged in a link."""


class ApiKeySecrets(Protocol):
    """Makes the secrets of API keys."""

    @abstractmethod
    def new(self) -> bytes:
        """Return 32 new bytes that cannot be guessed."""


class ApiKeyCache(Protocol):
    """Keys as they were read a moment ago, so that not every request costs a query.

    A key that was changed elsewhere is seen to be changed after `keep_s` at the latest. What is kept is bounded, and
    ids that nobody has crowd out no key.
    """

    keep_s: float

    @abstractmethod
    async def get(self, key_id: ApiKeyId, read: Callable[[], Awaitable[ApiKey | None]]) -> ApiKey | None:
        """Return the key, or None for an id that nobody has; asks `read` where it is not known, and raises as that."""

    @abstractmethod
    def forget(self, key_id: ApiKeyId) -> None:
        """Make the next `get` read the key; what is being read at this moment is not kept."""


class PublishedKey(msgspec.Struct, frozen=True, kw_only=True):
    """One public key as a JSON Web Key (RFC 7517, RFC 8037)."""

    kid: str
    x: str
    kty: str = "OKP"
    crv: str = "Ed25519"
    use: str = "sig"
    alg: str = "EdDSA"


class PublishedKeys(msgspec.Struct, frozen=True, kw_only=True):
    """The JSON Web Key Set: the key that signs first, then the one before it."""

    keys: tuple[PublishedKey, ...]


class TokenSigner(Protocol):
    """Makes access tokens that TokenVerifier reads."""

    @abstractmethod
    async def sign(self, claims: AccessClaims) -> str:
        """Return the claims as a signed token."""

    @abstractmethod
    def published_keys(self) -> PublishedKeys:
        """Return the public halves of the keys whose tokens are honoured."""
