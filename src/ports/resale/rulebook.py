"""What resale needs of the law: the rulebook that holds at a moment."""

from abc import abstractmethod
from datetime import datetime
from typing import Protocol

from core.resale.law.rulebook import Rulebook


class RulebookSource(Protocol):
    """Knows which rulebook holds, and held."""

    @abstractmethod
    async def at(self, moment: datetime) -> Rulebook:
        """Return the rulebook that was in use at the moment, the first one for any moment before it.

        The same moment gets the same rulebook for as long as that moment lies in the past. Answers from memory as a
        rule, so that asking costs nothing.
        """
