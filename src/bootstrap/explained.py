"""What `fairseat explain` asks and prints."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation

import msgspec
from rich.console import Console

from adapters.cli.verdicts import print_answer
from adapters.http.resale_bodies import ResaleQuestionBody
from adapters.rulebook.builtin import built_in_rulebook
from bootstrap.settings import SettingsError
from core.resale.verdicts.asking import moment_asked
from core.resale.verdicts.validation import validate_resale
from core.shared.errors import DomainError
from core.shared.money import PRICE_MAX_MINOR, minor_unit_exponent

_UNTIL_THE_EVENT = timedelta(days=60)
_WORDS = {"yes": True, "true": True, "no": False, "false": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The options of the command, as they were given."""

    country: str
    subdivision: str | None
    price: str
    currency: str
    face: str | None
    fees: str | None
    tax: str | None
    buyer_fees: str | None
    kind: str | None
    buyer_country: str | None
    buyer_subdivision: str | None
    transfers: int | None
    starts_at: datetime | None
    as_of: datetime | None
    facts: tuple[str, ...]

    def body(self, now: datetime) -> ResaleQuestionBody:
        """Return the question as it would be asked over HTTP, so that both ways read it alike.

        Without a moment the event is sixty days away. Raises SettingsError, and msgspec.ValidationError.
        """
        starts_at = self.starts_at or (self.as_of or now) + _UNTIL_THE_EVENT
        question: dict[str, object] = {
            "event": _said(
                country=self.country, subdivision=self.subdivision, kind=self.kind, startsAt=starts_at.isoformat()
            ),
            "price": self._money(self.price),
            "components": _said(tax=self._money(self.tax)),
            "facts": dict(map(_fact, self.facts)),
        }
        question |= _said(
            faceValue=self._money(self.face),
            fees=self._money(self.fees),
            buyerFees=self._money(self.buyer_fees),
            transferCount=self.transfers,
        )
        if self.buyer_country is not None:
            question["buyer"] = _said(country=self.buyer_country, subdivision=self.buyer_subdivision)
        return msgspec.convert(question, ResaleQuestionBody)

    def _money(self, amount: str | None) -> dict[str, object] | None:
        if amount is None:
            return None
        try:
            minor = Decimal(amount).scaleb(minor_unit_exponent(self.currency))
        except InvalidOperation:
            raise SettingsError(f"{amount!r} is no amount such as 120.00.") from None
        if not minor.is_finite() or minor != minor.to_integral_value() or abs(minor) > PRICE_MAX_MINOR:
            raise SettingsError(f"{amount!r} is no amount of {self.currency} that could be paid.")
        return {"amount": int(minor), "currency": self.currency}


def print_verdict(asked: Asked, console: Console) -> int:
    """Print the verdict under the rulebook that comes with Fairseat; return the exit status, 1 for a denial.

    Raises SettingsError for what cannot be asked.
    """
    now = datetime.now(UTC)
    try:
        question = asked.body(now).external()
        as_of = moment_asked(asked.as_of, now)
        verdict = validate_resale(question.facts, built_in_rulebook(), (), as_of)
    except (DomainError, msgspec.ValidationError) as error:
        raise SettingsError(str(error)) from error
    print_answer(verdict, question.facts.price, console)
    return 0 if verdict.allowed else 1


def _said(**members: object) -> dict[str, object]:
    return {name: value for name, value in members.items() if value is not None}


def _fact(given: str) -> tuple[str, object]:
    name, equals, value = given.partition("=")
    if not equals:
        raise SettingsError(f"{given!r} is no fact such as sellerTrader=no.")
    if value in _WORDS:
        return name, _WORDS[value]
    return name, int(value) if value.isascii() and value.isdigit() else value
