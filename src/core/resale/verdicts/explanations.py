"""How verdicts speak: the names of facts, factors and components, in words that a seller understands."""

from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache

from core.resale.law.facts import Fact
from core.resale.law.rule import AppliesAt, Confidence, Rule, RuleKind, RuleStatus
from core.resale.law.scopes import Assumed

NOT_RESOLD = "A pass that is given away is not resold, so its price rules do not apply."
CAUTION = (
    "No rule is known that holds for resale at the place of the event. The ceiling of 100 % of the first sale's total"
    " is Fairseat's caution, not law."
)
NO_CAUTION = (
    "No rule is known that holds for resale at the place of the event. This installation sets no ceiling there; that is"
    " its own decision, and does not say that the law has none."
)

_QUESTIONS: dict[Fact, str] = {
    Fact.EVENT_KIND: "what kind of event it is",
    Fact.VENUE_CAPACITY: "how many people the venue holds",
    Fact.VENUE_INDEPENDENT: "whether the venue is independent",
    Fact.VENUE_KIND: "what kind of venue it is",
    Fact.VENUE_DESIGNATED: "whether the venue is designated",
    Fact.EVENT_DECLARED: "whether the event was declared or designated",
    Fact.TICKET_RESTRICTED: "whether the ticket says that it may not be resold",
    Fact.TICKET_NOMINATIVE: "whether the ticket names its holder",
    Fact.COMPLIMENTARY: "whether the pass was free of charge",
    Fact.SELLER_TRADER: "whether the seller is a trader",
    Fact.SELLER_HABITUAL: "whether the seller resells habitually",
    Fact.SELLER_PROFIT_MOTIVE: "whether the seller seeks a profit",
    Fact.SELLER_LICENSED: "whether the seller has a licence",
    Fact.SELLER_TAX_REGISTERED: "whether the seller is registered for sales tax",
    Fact.CHARITY: "whether it is for a charity",
    Fact.CHANNEL_AUTHORISED: "whether the organiser authorised the channel",
    Fact.CHANNEL_ONLINE: "whether the pass is sold online",
    Fact.CHANNEL_REFUND_GUARANTEE: "whether the channel guarantees a refund",
    Fact.ORGANISER_PROHIBITION_FILED: "whether the venue filed a notice against resale",
    Fact.FIRST_SOLD_ON: "on which day the ticket was first sold",
    Fact.EVENT_SUBDIVISION: "in which part of its country the event is",
    Fact.BUYER_PLACE: "where the buyer is",
    Fact.SELLER_PLACE: "where the seller is",
}

_STATUSES = {
    RuleStatus.PROPOSED: "A proposal, not in force.",
    RuleStatus.ANNOUNCED: "Announced, not in force.",
    RuleStatus.ENACTED_START_UNVERIFIED: "Enacted, but nobody has verified from which day it holds.",
    RuleStatus.REPEALED: "Repealed.",
    RuleStatus.UNVERIFIED: "Nobody has verified it.",
}


def questions(facts: Assumed) -> str:
    """Return what has to be told, such as: whether the seller is a trader, and what kind of event it is."""
    return listed([_QUESTIONS[fact] for fact in facts])


def listed(names: Sequence[str]) -> str:
    """Return names as one speaks them: a, b and c."""
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def named(rule: Rule) -> str:
    """Return a rule's name as it stands in a sentence."""
    return f'"{rule.name}"'


def why_dormant(rule: Rule) -> str:
    """Return why a rule that is shown decides nothing."""
    if rule.status is not RuleStatus.IN_FORCE:
        return _STATUSES[rule.status]
    if rule.kind is RuleKind.UNVERIFIED:
        return "Nobody knows yet what the rule is."
    return f"Its source is trusted too little to decide anything (confidence {Confidence.LOW})."


def may_hold(rule: Rule) -> str:
    """Return the warning about a rule that is enacted and decides nothing, since its first day is not known."""
    return f"{named(rule)} is enacted and may hold already; nobody has verified from which day ({rule.citation})."


def why_out_of_date(rule: Rule) -> str:
    """Return within which days the rule holds."""
    begins = f" from {rule.effective_from}" if rule.effective_from is not None else ""
    ends = f" until the day before {rule.effective_to}" if rule.effective_to is not None else ""
    what = "tickets first sold" if rule.applies_at is AppliesAt.FIRST_SALE else "resale"
    return f"Holds for {what}{begins}{ends}."


def out_of_scope(rule: Rule) -> str:
    """Return what the rule is about, where the resale is not."""
    return f"Is about something else: {rule.scope_text}"


def elsewhere(rule: Rule) -> str:
    """Return whose place would have to be the rule's for its price or its consent to matter."""
    return f"What it says of price and consent holds where the {rule.hook} is in {rule.place}."


def assuming(facts: Assumed) -> str:
    """Return why a rule counts that may not apply; nothing where it is certain."""
    return f"Counts since nobody said {questions(facts)}." if facts else ""


@lru_cache(maxsize=256)
def percent(factor: Decimal) -> str:
    """Return a factor as people say it: 1.1 is 110 %."""
    return f"{(factor * 100).normalize():f} %"
