"""What the context of people refuses, as HTTP statuses: a part of the one table in `statuses`."""

from core.shared.errors import DomainError
from core.users.errors import (
    AccountOfPersonNeededError,
    BillingAddressNotFoundError,
    PassesToComeError,
    PersonErasedError,
)

USERS: dict[type[DomainError], int] = {
    AccountOfPersonNeededError: 403,
    BillingAddressNotFoundError: 404,
    PersonErasedError: 410,
    PassesToComeError: 409,
}
