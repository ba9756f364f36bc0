"""What resale refuses."""

from collections.abc import Sequence

from core.shared.errors import DomainError, Problem


def _sentence(problems: Sequence[Problem]) -> str:
    return "; ".join(f"{problem.pointer}: {problem.message}" for problem in problems)


class InvalidResalePolicyError(DomainError):
    """A policy whose members are out of their limits, or contradict one another."""

    code = "resale.invalid_policy"

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(_sentence(problems), problems)


class PolicyCollidesError(DomainError):
    """A policy takes away what a law gives to the holders of passes; each of `problems` names the rule and cites it."""

    code = "resale.policy_collides_with_right"

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("The policy takes a right away: " + _sentence(problems), problems)


class ResaleSettingsNotFoundError(DomainError):
    """There is no such organisation, or it is not the caller's."""

    code = "resale.settings_not_found"

    def __init__(self) -> None:
        super().__init__("There is no such organisation.")


class InvalidBlockError(DomainError):
    """A block without a reason, or with an end that is past."""

    code = "resale.invalid_block"

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(_sentence(problems), problems)


class BlockNotFoundError(DomainError):
    """There is no such block at this organisation."""

    code = "resale.block_not_found"

    def __init__(self) -> None:
        super().__init__("There is no such block.")


class InvalidVerificationError(DomainError):
    """Evidence that cannot be, or a verdict on it that cannot be given."""

    code = "resale.invalid_verification"

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(_sentence(problems), problems)


class VerificationNotFoundError(DomainError):
    """There is no such verification at this organisation."""

    code = "resale.verification_not_found"

    def __init__(self) -> None:
        super().__init__("There is no such verification.")


class VerificationOpenError(DomainError):
    """The seller has brought the same before, and nobody has decided yet."""

    code = "resale.verification_open"

    def __init__(self) -> None:
        super().__init__("This was brought before, and is not decided yet.")


class VerificationDecidedError(DomainError):
    """Where the verification stands, it can no longer become what was asked for."""

    code = "resale.verification_decided"


class PassHistoryNotFoundError(DomainError):
    """There is no such pass at this organisation, or it is not the caller's."""

    code = "resale.history_not_found"

    def __init__(self) -> None:
        super().__init__("There is no history of such a pass.")
