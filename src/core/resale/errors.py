"""What resale refuses."""

from collections.abc import Sequence

from core.shared.errors import DomainError, Problem


class InvalidResalePolicyError(DomainError):
    """A policy whose members are out of their limits, or contradict one another."""

    code = "resale.invalid_policy"

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(f"{problem.pointer}: {problem.message}" for problem in problems), problems)


class InvalidResaleFactsError(DomainError):
    """Declared facts that no rule could ask for."""

    code = "resale.invalid_facts"

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(f"{problem.pointer}: {problem.message}" for problem in problems), problems)


class ResaleSettingsNotFoundError(DomainError):
    """There is no such organisation, or it is not the caller's."""

    code = "resale.settings_not_found"

    def __init__(self) -> None:
        super().__init__("There is no such organisation.")
