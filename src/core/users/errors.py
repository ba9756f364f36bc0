"""What the context of people refuses."""

from core.shared.errors import DomainError


class AccountOfPersonNeededError(DomainError):
    """Whoever asks has no account of a person: a guest, or a service with a key."""

    code = "users.account_needed"


class BillingAddressNotFoundError(DomainError):
    """The person gave no billing address."""

    code = "users.no_billing_address"


class PersonErasedError(DomainError):
    """The person asked to be forgotten; nothing about them is kept or taken any more."""

    code = "users.erased"


class PassesToComeError(DomainError):
    """The person has passes for events to come, and did not say that they give them up."""

    code = "users.passes_to_come"
