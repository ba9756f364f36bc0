"""Which rulebook is in use when: activations, one after the other, of which none is ever changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.shared.errors import DomainError

LEAD = timedelta(seconds=60)
"""How long before its moment an activation is decided, so that every process knows of it when the moment comes."""

REASON_LENGTH_MAX = 500
NAME_LENGTH_MAX = 200


class InvalidActivationError(DomainError):
    """An activation without a reason, one that begins too soon, or one that changes nothing."""

    code = "resale.invalid_activation"


class RulebookNotKeptError(DomainError):
    """No rulebook of this version was imported."""

    code = "resale.rulebook_not_kept"

    def __init__(self, version: str) -> None:
        super().__init__(f"No rulebook {version} was imported.")


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptRulebook:
    """A rulebook as it was imported: the text of each of its files by its name, by whom, and when (UTC)."""

    version: str
    files: Mapping[str, str]
    imported_by: str
    imported_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Activation:
    """From `active_from` on this version is in use, in place of `previous_version`.

    Numbers count from 1. Of two that begin at one moment the later number holds, so that a plan can be replaced.
    """

    number: int
    version: str
    previous_version: str
    active_from: datetime
    activated_by: str
    activated_at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Schedule:
    """All activations, in the order of their numbers."""

    activations: tuple[Activation, ...] = ()

    def version_at(self, moment: datetime) -> str | None:
        """Return the version that is in use at the moment; None before and without any activation.

        Before the first one begins it is what that one took the place of.
        """
        begun = [each for each in self.activations if each.active_from <= moment]
        if begun:
            return max(begun, key=lambda each: (each.active_from, each.number)).version
        return self.activations[0].previous_version if self.activations else None

    def next(
        self, version: str, *, active_from: datetime, by: str, reason: str, now: datetime, built_in: str
    ) -> Activation:
        """Return the activation to be added; `built_in` is in use as long as there is none.

        Raises InvalidActivationError.
        """
        told, name = reason.strip(), by.strip()
        if not 1 <= len(told) <= REASON_LENGTH_MAX:
            raise InvalidActivationError(f"An activation has a reason of 1 to {REASON_LENGTH_MAX} characters.")
        if not 1 <= len(name) <= NAME_LENGTH_MAX:
            raise InvalidActivationError(f"Whoever activates has a name of 1 to {NAME_LENGTH_MAX} characters.")
        if active_from < now + LEAD:
            earliest = (now + LEAD).isoformat(timespec="seconds")
            raise InvalidActivationError(
                f"A rulebook is activated {LEAD.total_seconds():.0f} seconds ahead at least, so that every process "
                f"follows at once: from {earliest} on."
            )
        previous = self.version_at(active_from) or built_in
        if previous == version:
            raise InvalidActivationError(f"{version} is in use at that moment already.")
        return Activation(
            number=len(self.activations) + 1,
            version=version,
            previous_version=previous,
            active_from=active_from,
            activated_by=name,
            activated_at=now,
            reason=told,
        )
