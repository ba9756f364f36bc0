"""What resale refuses, as HTTP statuses: a part of the one table in `statuses`."""

from core.resale.errors import InvalidResaleFactsError, InvalidResalePolicyError, ResaleSettingsNotFoundError
from core.shared.errors import DomainError

RESALE: dict[type[DomainError], int] = {
    InvalidResalePolicyError: 422,
    InvalidResaleFactsError: 422,
    ResaleSettingsNotFoundError: 404,
}
