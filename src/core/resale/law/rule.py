"""A rule of law about resale, as data: dated, cited, and applied only as far as its source is trusted."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from core.resale.law.facts import Fact, FactValue


class RuleKind(StrEnum):
    """What a rule does to a resale that it applies to."""

    MULTIPLIER = "multiplier"
    """Nobody may ask more than `value` times the base."""

    FIXED_MARKUP = "fixed_markup"
    """Nobody may ask more than the base and `value`, an amount of `currency`."""

    FACE_VALUE = "face_value"
    """Nobody may ask more than the base."""

    AUTHORISATION = "prohibited_without_authorisation"
    """No price makes it lawful; the organiser's consent does."""

    PROHIBITED = "prohibited"
    """Neither price nor consent makes it lawful (invitations that were given away, in some countries)."""

    DISCLOSURE = "disclosure_only"
    """Any price is lawful, with the duties of the rule."""

    NONE = "none"
    """It was looked for and there is no cap; the rule may still give rights and duties."""

    UNVERIFIED = "unverified"
    """Nobody knows yet what the rule is. Never to be read as NONE."""


CAPS = frozenset({RuleKind.MULTIPLIER, RuleKind.FIXED_MARKUP, RuleKind.FACE_VALUE})


class Base(StrEnum):
    """What a ceiling is reckoned from: the definitions of the base that statutes use, per pass."""

    FACE = "face"
    """The price alone, without any fee and without a tax on top."""

    FACE_PLUS_TAX = "face_plus_tax"
    FACE_PLUS_PRINTED_FEE = "face_plus_printed_fee"
    """The price, and the mandatory fees only where they are printed on the ticket (Norway)."""

    PRINTED_WITH_TAX = "printed_with_tax"
    """The price with its tax, and the fees where they are printed on the ticket (Rhode Island)."""

    FACE_PLUS_FEES = "face_plus_fees"
    """The price and the mandatory fees, before tax."""

    TOTAL_PAID = "total_paid"
    """All that the first buyer had to pay: price, mandatory fees, tax; optional things apart."""

    SUPPLY_COST = "supply_cost"
    """The price and the transaction costs that were really paid, those to a tenth of the price (New South Wales)."""

    PAID_BY_SELLER = "paid_by_seller"
    """What this seller paid, be it to an earlier holder (Poland)."""


class Combination(StrEnum):
    """How the ceilings of rules meet that apply at once."""

    STRICTEST = "strictest"
    """The lowest of all."""

    MAX = "max"
    """Within its `group` the highest counts ("3 dollars or 10 per cent, whichever is greater")."""

    OVERRIDE = "override"
    """Where it applies, the rules of its `group` that are not OVERRIDE do not. Its facts have to be known for that."""


class AppliesAt(StrEnum):
    """Which moment has to lie within the rule's dates."""

    FIRST_SALE = "first_sale"
    LISTING = "listing"
    RESALE = "resale"


class Hook(StrEnum):
    """Whose place brings a rule in. Nearly every statute names the place of the event."""

    EVENT = "event"
    BUYER = "buyer"
    SELLER = "seller"


class Compared(StrEnum):
    """What is held against the ceiling."""

    SELLER_ASK = "seller_ask"
    BUYER_TOTAL_BEFORE_TAX = "buyer_total_before_tax"
    """The price and what the buyer has to pay on top of it; the stricter reading, and the default."""

    BUYER_TOTAL = "buyer_total"


class Lift(StrEnum):
    """What makes a rule no obstacle."""

    ORGANISER_AUTHORISATION = "organiser_authorisation"
    """The organiser consented, or runs or authorised the channel that the pass is sold through."""

    LICENCE = "licence"


class Right(StrEnum):
    """What no organiser may take from the holder of a pass; a policy that tries is refused with the citation."""

    TRANSFER = "transfer"
    """To give the pass away or sell it at all."""

    UNLIMITED_TRANSFERS = "unlimited_transfers"
    RESALE_UP_TO_CAP = "resale_up_to_cap"
    """To resell at any price that this rule's own ceiling allows."""


class Duty(StrEnum):
    """What seller or platform has to do when the resale goes on."""

    ALL_IN_PRICE = "all_in_price"
    DISCLOSE_FACE_VALUE = "disclose_face_value"
    DISCLOSE_LOCATION = "disclose_location"
    DISCLOSE_RESTRICTIONS = "disclose_restrictions"
    DISCLOSE_RESALE_SITE = "disclose_resale_site"
    DISCLOSE_SELLER = "disclose_seller"
    DISCLOSE_LAST_OWNER = "disclose_last_owner"
    DISCLOSE_TICKET_NUMBER = "disclose_ticket_number"
    DISCLOSE_REFUND_POLICY = "disclose_refund_policy"
    TELL_OF_CHANGES = "tell_of_changes"
    """To tell whoever bought that the event was cancelled, moved or changed."""

    REFUND_GUARANTEE = "refund_guarantee"
    NO_SPECULATIVE_SALE = "no_speculative_sale"
    NO_DUPLICATE_SALE = "no_duplicate_sale"
    NO_BOTS = "no_bots"
    NO_TRANSFER_FEE = "no_transfer_fee"
    CHANGE_OF_NAME = "change_of_name"
    TRADER_TRACEABILITY = "trader_traceability"
    SELLER_LICENCE = "seller_licence"
    SALES_TAX_REGISTRATION = "sales_tax_registration"


class Confidence(StrEnum):
    """How well the source was seen."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class RuleStatus(StrEnum):
    """Where a rule stands. Only what is IN_FORCE can bind."""

    IN_FORCE = "in_force"
    PROPOSED = "proposed"
    ANNOUNCED = "announced"
    ENACTED_START_UNVERIFIED = "enacted_start_date_unverified"
    REPEALED = "repealed"
    UNVERIFIED = "unverified"


class Operator(StrEnum):
    """How a fact is held against a value."""

    IS = "is"
    IN = "in"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    MORE_THAN = "more_than"


@dataclass(frozen=True, slots=True)
class Predicate:
    """One condition on one fact; IN takes several values, every other operator one."""

    fact: Fact
    operator: Operator
    values: tuple[FactValue, ...]


type Scope = tuple[tuple[Predicate, ...], ...]
"""Alternatives, each of conditions that all have to hold. An empty scope is no condition: the rule always applies."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One row of the rulebook. `version` grows with each change to it; `place` is ISO 3166-1, -2, or EU.

    `value` is a factor of a MULTIPLIER and an amount of `currency`, in its main unit, of a FIXED_MARKUP; None for the
    others. `effective_from` None means in force, with a first day that nobody has confirmed; `effective_to` is the
    first day on which it no longer holds, None for no end. `scope_text` says the scope in words, with what the
    predicates cannot say. `doubts` keeps what is not certain. `reviewed_on` is when somebody last held it against its
    source.
    """

    id: str
    version: int
    place: str
    name: str
    kind: RuleKind
    citation: str
    source: str | None
    confidence: Confidence
    status: RuleStatus
    reviewed_on: date
    scope_text: str
    value: Decimal | None = None
    currency: str | None = None
    base: Base | None = None
    base_text: str = ""
    scope: Scope = ()
    combination: Combination = Combination.STRICTEST
    group: str | None = None
    lifted_by: frozenset[Lift] = frozenset()
    rights: frozenset[Right] = frozenset()
    duties: frozenset[Duty] = frozenset()
    applies_at: AppliesAt = AppliesAt.RESALE
    hook: Hook = Hook.EVENT
    compared: Compared = Compared.BUYER_TOTAL_BEFORE_TAX
    effective_from: date | None = None
    effective_to: date | None = None
    doubts: str = ""

    @property
    def binds(self) -> bool:
        """Whether the rule may decide anything: in force, trusted enough, and known. All others are shown only."""
        return (
            self.status is RuleStatus.IN_FORCE
            and self.confidence is not Confidence.LOW
            and self.kind is not RuleKind.UNVERIFIED
        )

    def is_effective_on(self, day: date) -> bool:
        """Return whether the day lies within the rule's dates; the last day of `effective_to` is not in them."""
        begun = self.effective_from is None or day >= self.effective_from
        return begun and (self.effective_to is None or day < self.effective_to)
