"""Whose money a payment is, when it does not stay with the platform."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Destination:
    """The connected account that gets the money of a payment, and what the platform keeps of it.

    `application_fee_minor` counts in the payment's currency; 0 where no fee is taken.
    """

    account: str
    application_fee_minor: int = 0
