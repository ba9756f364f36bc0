"""Checks that companions' seats and wheelchair places of a document belong together."""

from collections.abc import Container

from core.seating.attributes import COMPANION_OF
from core.seating.plan_extension import EXTENSION
from core.seating.plan_reading import Findings
from core.shared.errors import Problem


class CompanionCheck:
    """Gathers both while a document is read, each with the pointer to its seat, and notes at its end what is odd."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._places: dict[str, str] = {}
        self._companions: list[tuple[str, str, str | float | None]] = []

    def place(self, guid: str, pointer: str) -> None:
        """Remember a wheelchair place."""
        self._places[guid] = pointer

    def companion(self, guid: str, pointer: str, *, of: str | float | None) -> None:
        """Remember a companion's seat, and the guid of the place that it goes with."""
        self._companions.append((pointer, guid, of))

    def finish(self, guids: Container[str]) -> None:
        """Note companions of no place (an error), and who is without a place or a companion (odd)."""
        errors, warnings = self._findings.errors, self._findings.warnings
        accompanied: set[str] = set()
        for pointer, guid, of in self._companions:
            attributes = f"{pointer}/{EXTENSION}/attributes"
            companion_of = f"{attributes}/{COMPANION_OF}"
            if not isinstance(of, str):
                warnings.append(Problem(attributes, f"Seat {guid!r} does not say whose companion sits there."))
            elif of not in guids:
                text = f"Seat {guid!r} is for the companion of {of!r}, which the plan does not have."
                errors.append(Problem(companion_of, text))
            elif of == guid or of not in self._places:
                text = f"Seat {guid!r} is for the companion of {of!r}, which is no accessible place beside it."
                errors.append(Problem(companion_of, text))
            else:
                accompanied.add(of)
        for guid, pointer in self._places.items():
            if guid not in accompanied:
                warnings.append(Problem(pointer, f"The accessible place {guid!r} has no companion's seat."))
