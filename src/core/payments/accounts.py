"""Connected accounts: the one that a venue's or a seller's money goes to, and what the provider says of it."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from core.payments.errors import AccountCountryFixedError
from core.shared.errors import InvalidInputError, Problem
from core.shared.ids import AccountId, TenantId, VenueId
from core.shared.places import is_country

NAME_AFTER_S = 120
"""How long an account may be without a name of the provider's before somebody asks for it again.

The provider knows the key of the asking for a day, so that asking again within minutes makes no second account.
"""

CHECK_AFTER_S = 3_600
"""How often the provider is asked about an account that does not serve its owner yet, if it says nothing by itself."""

CHECK_CHARGING_AFTER_S = 86_400
"""The same of one that may."""


class OwnerKind(StrEnum):
    """Who may have an account: a venue takes payments, a person who resells is only paid."""

    VENUE = "venue"
    SELLER = "seller"


@dataclass(frozen=True, slots=True, order=True)
class AccountOwner:
    """Whose account it is; `id` is the venue's, or that of the seller's own account with Fairseat."""

    tenant_id: TenantId
    kind: OwnerKind
    id: UUID

    @classmethod
    def venue(cls, tenant_id: TenantId, venue_id: VenueId) -> "AccountOwner":
        """Return a venue as an owner."""
        return cls(tenant_id, OwnerKind.VENUE, venue_id)

    @classmethod
    def seller(cls, tenant_id: TenantId, account_id: AccountId) -> "AccountOwner":
        """Return a person who resells as an owner."""
        return cls(tenant_id, OwnerKind.SELLER, account_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirements:
    """What the provider wants to know of the account's owner, by its own names of fields, and until when.

    `disabled_reason` is why something is switched off, None while nothing is.
    """

    currently_due: tuple[str, ...] = ()
    past_due: tuple[str, ...] = ()
    eventually_due: tuple[str, ...] = ()
    deadline: datetime | None = None
    disabled_reason: str | None = None

    @property
    def missing(self) -> tuple[str, ...]:
        """What has to be given now, the overdue first, each once."""
        return tuple(dict.fromkeys((*self.past_due, *self.currently_due)))


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderAccount:
    """An account as read from the provider, never from the text of a webhook.

    `transfers_enabled` says that money of the platform's may be sent to it.
    """

    id: str
    country: str
    charges_enabled: bool
    payouts_enabled: bool
    details_submitted: bool
    requirements: Requirements
    transfers_enabled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectedAccount:
    """The account of an owner, of which there is one.

    `country` (ISO 3166-1 alpha-2) and `email` are what it is asked for with; the e-mail is forgotten once the provider
    has named the account. `attempt` counts the accounts that were asked for, from 1; `account_id` is None until the
    present one is named, and `refusal` is why it was not. `told_at` is the provider's own time of the last news that
    were applied. `deauthorized_at` is when the provider let us know that we may not use it any more. `version` grows
    with each change, and also when the provider said nothing new: so a look that began before can tell.
    """

    owner: AccountOwner
    country: str
    email: str | None
    attempt: int
    account_id: str | None
    charges_enabled: bool
    payouts_enabled: bool
    details_submitted: bool
    requirements: Requirements
    refusal: str | None
    told_at: datetime | None
    deauthorized_at: datetime | None
    check_at: datetime | None
    version: int
    created_at: datetime
    updated_at: datetime
    transfers_enabled: bool = False

    @property
    def tenant_id(self) -> TenantId:
        """The organisation that it belongs to, or that its seller is paid in."""
        return self.owner.tenant_id

    @property
    def receives(self) -> str | None:
        """The provider's name of the account when money may be sent to it now, else None."""
        return self.account_id if self.transfers_enabled and self.deauthorized_at is None else None


@dataclass(frozen=True, slots=True)
class AccountChange:
    """An account as it is to be stored, and whether the other contexts have to hear of it."""

    account: ConnectedAccount
    is_news: bool = False


def ask_for_account(
    current: ConnectedAccount | None,
    *,
    owner: AccountOwner,
    country: str,
    email: str | None,
    now: datetime,
) -> AccountChange | None:
    """Note that the owner wants an account, before the provider is asked; None when that is noted, or there is one.

    Raises InvalidInputError for a country that ISO 3166-1 does not list.

    Whoever asks first names the country; another country raises AccountCountryFixedError, unless the provider refused
    the account or it was deauthorized: then a new one is asked for.
    """
    if not is_country(country):
        message = f"{country!r} is no ISO 3166-1 alpha-2 code such as DE."
        raise InvalidInputError(message, [Problem("/country", message)])
    if current is None:
        fresh = ConnectedAccount(
            owner=owner,
            country=country,
            email=email,
            attempt=1,
            account_id=None,
            charges_enabled=False,
            payouts_enabled=False,
            details_submitted=False,
            requirements=Requirements(),
            refusal=None,
            told_at=None,
            deauthorized_at=None,
            check_at=now + timedelta(seconds=NAME_AFTER_S),
            version=1,
            created_at=now,
            updated_at=now,
        )
        return AccountChange(fresh)
    if current.refusal is not None or current.deauthorized_at is not None:
        again = replace(
            current,
            country=country,
            email=email,
            attempt=current.attempt + 1,
            account_id=None,
            charges_enabled=False,
            payouts_enabled=False,
            details_submitted=False,
            requirements=Requirements(),
            refusal=None,
            told_at=None,
            deauthorized_at=None,
            transfers_enabled=False,
        )
        return AccountChange(_stored(again, now=now))
    if current.country != country:
        raise AccountCountryFixedError(f"The account is in {current.country}, and cannot move to {country}.")
    return None


def name_account(
    current: ConnectedAccount, said: ProviderAccount, *, attempt: int, now: datetime
) -> AccountChange | None:
    """Note the account that the provider made for an attempt; None when it is noted, or another attempt has begun."""
    if current.attempt != attempt or current.account_id is not None:
        return None
    named = replace(current, account_id=said.id, email=None, refusal=None)
    return AccountChange(_observed(named, said, now=now), is_news=True)


def refuse_account(current: ConnectedAccount, *, attempt: int, reason: str, now: datetime) -> AccountChange | None:
    """Note that the provider makes no such account; None when that concerns the present attempt no more."""
    if current.attempt != attempt or current.account_id is not None:
        return None
    return AccountChange(_stored(replace(current, refusal=reason, email=None), now=now))


def observe(
    current: ConnectedAccount, said: ProviderAccount, *, told_at: datetime | None, now: datetime
) -> AccountChange | None:
    """Bring the account to where the provider says it stands.

    `told_at` is the provider's time of the news that led to the look, None without any. None for news that are older
    than the last that were applied, and for another account than the owner's present one.
    """
    if said.id != current.account_id or _is_old(current, told_at):
        return None
    after = replace(_observed(current, said, now=now), deauthorized_at=None, told_at=told_at or current.told_at)
    return AccountChange(after, is_news=_shown(after) != _shown(current))


def deauthorize(
    current: ConnectedAccount, *, account_id: str, told_at: datetime | None, now: datetime
) -> AccountChange | None:
    """Note that the provider lets us use the account no more; None where `observe` says None, or when it is noted."""
    if account_id != current.account_id or _is_old(current, told_at) or current.deauthorized_at is not None:
        return None
    after = replace(
        current,
        charges_enabled=False,
        payouts_enabled=False,
        transfers_enabled=False,
        deauthorized_at=now,
        told_at=told_at or current.told_at,
    )
    return AccountChange(_stored(after, now=now), is_news=True)


def _is_old(current: ConnectedAccount, told_at: datetime | None) -> bool:
    return told_at is not None and current.told_at is not None and told_at < current.told_at


def _observed(current: ConnectedAccount, said: ProviderAccount, *, now: datetime) -> ConnectedAccount:
    after = replace(
        current,
        country=said.country,
        charges_enabled=said.charges_enabled,
        payouts_enabled=said.payouts_enabled,
        details_submitted=said.details_submitted,
        requirements=said.requirements,
        transfers_enabled=said.transfers_enabled,
        deauthorized_at=None,
    )
    return _stored(after, now=now)


def _shown(account: ConnectedAccount) -> tuple[object, ...]:
    """Return what others are told of."""
    due = account.requirements
    return account.charges_enabled, account.payouts_enabled, due.missing, due.disabled_reason, account.deauthorized_at


def _stored(account: ConnectedAccount, *, now: datetime) -> ConnectedAccount:
    """Return the account one version on, with the next moment to ask the provider."""
    return replace(account, version=account.version + 1, updated_at=now, check_at=_check_at(account, now=now))


def _check_at(account: ConnectedAccount, *, now: datetime) -> datetime | None:
    if account.refusal is not None or account.deauthorized_at is not None:
        return None
    if account.account_id is None:
        return now + timedelta(seconds=NAME_AFTER_S)
    serves = account.charges_enabled if account.owner.kind is OwnerKind.VENUE else account.transfers_enabled
    return now + timedelta(seconds=CHECK_CHARGING_AFTER_S if serves else CHECK_AFTER_S)
