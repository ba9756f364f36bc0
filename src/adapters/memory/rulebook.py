"""One rulebook for all times."""

from dataclasses import dataclass
from datetime import datetime
from typing import override

from core.resale.law.rulebook import Rulebook
from ports.resale.rulebook import RulebookSource


@dataclass(frozen=True, slots=True)
class OneRulebook(RulebookSource):
    """Answers with the same rulebook for every moment, such as the one that comes with Fairseat."""

    rulebook: Rulebook

    @override
    async def at(self, moment: datetime) -> Rulebook:
        return self.rulebook
