"""What an organisation puts on top of its prices: its fees and its taxes, set together."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from core.orders.errors import InvalidFeeScheduleError
from core.orders.fees import BASIS_POINTS, FeeRule, FixedFee
from core.orders.taxes import TaxRate
from core.shared.errors import Problem
from core.shared.ids import AccountId
from core.shared.money import PRICE_MAX_MINOR
from core.shared.places import is_country

FEES_MAX = 20
TAX_RATES_MAX = 100
CODE_LENGTH_MAX = 40
NAME_LENGTH_MAX = 100
CODE = re.compile(rf"(?=.{{1,{CODE_LENGTH_MAX}}}\Z)[a-z0-9]+(?:[_-][a-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class FeeSchedule:
    """Fees and tax rates of an organisation; version 0 was never set, and has none of either.

    Raises InvalidFeeScheduleError, which names every fault: a code or name that is none, an amount or rate out of its
    limits, a code that comes twice (fixed fees: twice in one currency), a country that ISO 3166-1 does not list or that
    has two rates.
    """

    fees: tuple[FeeRule, ...] = ()
    taxes: tuple[TaxRate, ...] = ()
    version: int = 0

    def __post_init__(self) -> None:
        problems = [*self._problems_of_fees(), *self._problems_of_taxes()]
        if problems:
            raise InvalidFeeScheduleError(problems)

    def _problems_of_fees(self) -> Iterator[Problem]:
        if len(self.fees) > FEES_MAX:
            yield Problem("/fees", f"there are at most {FEES_MAX} fees")
        for position, fee in enumerate(self.fees):
            pointer = f"/fees/{position}"
            yield from _problems_of_words(fee.code, fee.name, pointer)
            if any(_would_meet(fee, other) for other in self.fees[:position]):
                yield Problem(f"{pointer}/code", "an order could have two fees of this code")
            if isinstance(fee, FixedFee):
                if not 1 <= fee.amount.amount_minor <= PRICE_MAX_MINOR:
                    yield Problem(f"{pointer}/amount/amount", f"must be from 1 to {PRICE_MAX_MINOR}")
            elif not 1 <= fee.rate_basis_points <= BASIS_POINTS:
                yield Problem(f"{pointer}/rateBasisPoints", f"must be from 1 to {BASIS_POINTS}")

    def _problems_of_taxes(self) -> Iterator[Problem]:
        if len(self.taxes) > TAX_RATES_MAX:
            yield Problem("/taxes", f"there are at most {TAX_RATES_MAX} rates")
        for position, rate in enumerate(self.taxes):
            pointer = f"/taxes/{position}"
            yield from _problems_of_words(rate.code, rate.name, pointer)
            if not 0 <= rate.rate_basis_points <= BASIS_POINTS:
                yield Problem(f"{pointer}/rateBasisPoints", f"must be from 0 to {BASIS_POINTS}")
            if rate.country is not None and not _is_country(rate.country):
                yield Problem(f"{pointer}/country", f"{rate.country!r} is no ISO 3166-1 alpha-2 code such as DE")
            if rate.country in {other.country for other in self.taxes[:position]}:
                yield Problem(f"{pointer}/country", "there is a rate for it already")


@dataclass(frozen=True, slots=True)
class FeeScheduleChange:
    """One version of a fee schedule as it was set, by whom and when."""

    schedule: FeeSchedule
    changed_by: AccountId
    changed_at: datetime


def _problems_of_words(code: str, name: str, pointer: str) -> Iterator[Problem]:
    if not CODE.fullmatch(code):
        yield Problem(f"{pointer}/code", "must be lower-case letters and digits, in parts joined by - or _")
    if not name.strip() or len(name) > NAME_LENGTH_MAX:
        yield Problem(f"{pointer}/name", f"must have from 1 to {NAME_LENGTH_MAX} characters")


def _is_country(code: str) -> bool:
    return code.isupper() and is_country(code)


def _would_meet(one: FeeRule, other: FeeRule) -> bool:
    """Tell whether an order could have both fees under one code."""
    apart = one.currency is not None and other.currency is not None and one.currency != other.currency
    return one.code == other.code and not apart
