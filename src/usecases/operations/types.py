"""Which operations are offered."""

from collections.abc import Iterable

from core.operations.errors import UnknownTypeError
from core.shared.errors import Problem
from ports.published.operations import OperationType


class OperationTypes:
    """The types by their names; whatever a context offers, the bootstrap puts here."""

    def __init__(self, types: Iterable[OperationType]) -> None:
        self._by_name: dict[str, OperationType] = {}
        for each in types:
            names = [step.name for step in each.steps]
            if each.name in self._by_name or not names or len(set(names)) != len(names):
                raise ValueError(f"{each.name!r} is there twice, has no steps, or has a step twice")
            self._by_name[each.name] = each

    def named(self, name: str) -> OperationType:
        """Return the type; raises UnknownTypeError."""
        found = self.get(name)
        if found is None:
            message = f"There are operations of the types {', '.join(sorted(self._by_name))}; {name!r} is none."
            raise UnknownTypeError(message, [Problem("/type", message)])
        return found

    def get(self, name: str) -> OperationType | None:
        """Return the type, or None for one that this version of Fairseat does not have."""
        return self._by_name.get(name)
