"""Where a person's bills go."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

from core.shared.errors import InvalidInputError, Problem, StaleVersionError
from core.shared.ids import AccountId
from core.shared.names import checked_name
from core.shared.places import is_country


@dataclass(frozen=True, slots=True)
class PostalAddress:
    """An address as it is written on an envelope. `country` is ISO 3166-1 alpha-2; few countries have no codes."""

    line1: str
    line2: str | None
    city: str
    postal_code: str | None
    country: str

    @classmethod
    def checked(cls, *, line1: str, line2: str | None, city: str, postal_code: str | None, country: str) -> Self:
        """Return the address in its normal form; raises InvalidInputError for the first line that is wrong."""
        if not is_country(country):
            message = f"{country!r} is no ISO 3166-1 alpha-2 code such as DE."
            raise InvalidInputError(message, [Problem("/country", message)])
        return cls(
            line1=checked_name(line1, pointer="/line1"),
            line2=None if line2 is None else checked_name(line2, pointer="/line2"),
            city=checked_name(city, pointer="/city"),
            postal_code=None if postal_code is None else checked_name(postal_code, pointer="/postalCode"),
            country=country,
        )


@dataclass(frozen=True, slots=True)
class BillingAddress:
    """BILLING_ADDRESSES of the brief: at most one a person; `version` grows by one with each change."""

    account_id: AccountId
    address: PostalAddress
    version: int
    updated_at: datetime

    @classmethod
    def first(cls, account_id: AccountId, address: PostalAddress, *, now: datetime) -> Self:
        return cls(account_id, address, version=1, updated_at=now)

    def changed(self, address: PostalAddress, *, expected_version: int, now: datetime) -> Self:
        """Return the new address; raises StaleVersionError."""
        if expected_version != self.version:
            message = f"The billing address is at version {self.version}; you read version {expected_version}."
            raise StaleVersionError(message)
        return replace(self, address=address, version=self.version + 1, updated_at=now)
