"""Whom to write to about an order."""

from dataclasses import dataclass
from typing import Self

from email_validator import EmailNotValidError, validate_email

from core.orders.errors import InvalidContactError


@dataclass(frozen=True, slots=True)
class Contact:
    """An address in its normal form, and a name if one was given. Personal data: never logged."""

    email: str
    name: str | None = None

    @classmethod
    def given(cls, email: str, name: str | None) -> Self:
        """Return the contact; raises InvalidContactError for an address that cannot exist (nothing is looked up)."""
        try:
            address = validate_email(email, check_deliverability=False, strict=True)
        except EmailNotValidError as error:
            raise InvalidContactError(str(error)) from None
        return cls(address.normalized, name.strip() or None if name else None)
