"""Look at the rules that verdicts rest on."""

from dataclasses import dataclass
from datetime import datetime

from core.resale.law.rule import Rule
from core.resale.verdicts.asking import ImpossibleQuestionError, moment_asked
from core.shared.errors import Problem
from core.shared.places import is_place
from ports.clock import Clock
from ports.resale.rulebook import RulebookSource


@dataclass(frozen=True, slots=True)
class RulePage:
    """Rules in the order of their ids, and the id after which the next page begins, None on the last."""

    rulebook_version: str
    rules: tuple[Rule, ...]
    next_after: str | None


@dataclass(frozen=True, slots=True)
class ReadRulebook:
    """Open to anyone signed in: the law is public, and so is what nobody is certain of."""

    rulebooks: RulebookSource
    clock: Clock

    async def __call__(self, *, as_of: datetime | None, place: str | None, after: str | None, limit: int) -> RulePage:
        """Return rules with their doubts, those that decide nothing too; with `as_of` only what holds on that day.

        Raises ImpossibleQuestionError for a place that no law can be of, and for a moment too far away.
        """
        if place is not None and not is_place(place):
            message = f"{place!r} is no ISO 3166-1 or -2 code, and not EU."
            raise ImpossibleQuestionError(Problem("/place", message))
        moment = moment_asked(as_of, self.clock.now())
        rulebook = await self.rulebooks.at(moment)
        found = rulebook.selected(place=place, on=moment.date() if as_of is not None else None)
        rest = sorted((rule for rule in found if after is None or rule.id > after), key=lambda rule: rule.id)
        page = tuple(rest[:limit])
        return RulePage(rulebook.version, page, page[-1].id if len(rest) > limit else None)
