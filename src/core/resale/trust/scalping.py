"""How much a seller looks like a scalper: points with their reasons, which may ask for a review and refuse nothing."""

from collections import Counter
from collections.abc import Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from core.resale.policies.policy import VerificationKind
from core.resale.transfers.history import HistoryEntry, HistoryKind
from core.resale.verdicts.verdict import Verdict
from core.shared.ids import AccountId

RESALES_WITHIN = timedelta(days=30)
FLIP_WITHIN = timedelta(hours=24)
HISTORY_OF = timedelta(days=365)
"""How far back a score looks."""

REVIEW_AT = 40
"""From so many points on a seller shows who they are, and staff look."""

TRADER_AT = 80
"""From so many points on a seller is treated as a trader."""

REVIEW_ASKED = "The resale score asks the seller for"
"""How a verdict's warning begins that is about a score."""

_WHOLE = 10_000


class FactorKind(StrEnum):
    """What is looked at."""

    BULK_BUYING = "bulk_buying"
    """The most passes of one ticket that the account got."""

    RESALES = "resales"
    """Resales within 30 days."""

    MARKUP = "markup"
    """The mean of what was asked above what the seller paid, in hundredths of a percent."""

    FLIPS = "flips"
    """Resales within 24 hours of getting the pass."""


LIMITS: dict[FactorKind, tuple[tuple[int, int], ...]] = {
    FactorKind.BULK_BUYING: ((10, 30), (5, 15)),
    FactorKind.RESALES: ((50, 40), (20, 20), (10, 10)),
    FactorKind.MARKUP: ((10_000, 25), (5_000, 10)),
    FactorKind.FLIPS: ((10, 20),),
}
"""For more than the first number the second in points; the highest limit that is exceeded counts alone."""


@dataclass(frozen=True, slots=True)
class Factor:
    """One thing that was looked at: how much of it there was, and the points for that."""

    kind: FactorKind
    value: int
    points: int
    explanation: str


@dataclass(frozen=True, slots=True)
class Score:
    """All factors, those without points too. `requires` are verifications that a seller with so many points brings."""

    points: int
    factors: tuple[Factor, ...]
    requires: tuple[VerificationKind, ...]

    @property
    def needs_review(self) -> bool:
        """Return whether staff should look at the seller."""
        return self.points >= REVIEW_AT


def score(history: Sequence[HistoryEntry], *, account_id: AccountId, now: datetime) -> Score:
    """Return the score of an account, from entries in any order in which it gave or got passes.

    Only what the histories tell of counts: passes that their first holders keep have none. A resale for which nobody
    knows what the seller paid, in the same currency, has no markup.
    """
    ordered = sorted(history, key=lambda entry: entry.at)
    got = [entry for entry in ordered if entry.to_account == account_id]
    sold = [entry for entry in ordered if entry.from_account == account_id and entry.kind is HistoryKind.RESALE]
    pairs = [(entry, _gotten_before(entry, got)) for entry in sold]
    per_ticket = Counter(entry.ticket_id for entry in got)
    lately = sum(now - RESALES_WITHIN < entry.at <= now for entry in sold)
    flips = sum(source is not None and entry.at - source.at <= FLIP_WITHIN for entry, source in pairs)
    markup = _mean_markup(pairs)
    most = max(per_ticket.values(), default=0)
    factors = (
        _factor(FactorKind.BULK_BUYING, most, f"got at most {most} passes of one ticket"),
        _factor(FactorKind.RESALES, lately, f"resold {lately} passes within {RESALES_WITHIN.days} days"),
        _factor(FactorKind.MARKUP, markup, f"asked {markup / 100:.2f} % more than it paid, on average"),
        _factor(FactorKind.FLIPS, flips, f"resold {flips} passes within 24 hours of getting them"),
    )
    points = sum(factor.points for factor in factors)
    return Score(points, factors, tuple(_required(points)))


def with_review(verdict: Verdict, looks: Score, *, verified: Set[VerificationKind]) -> Verdict:
    """Return the verdict with what the score asks of the seller and is not verified: never more than that, and why."""
    asked = [kind for kind in looks.requires if kind not in verified]
    if not asked:
        return verdict
    because = "; ".join(factor.explanation for factor in looks.factors if factor.points)
    warning = f"{REVIEW_ASKED} {' and '.join(asked)}, for {looks.points} points: {because}."
    return replace(
        verdict,
        requires=tuple(sorted({*verdict.requires, *asked})),
        warnings=(*verdict.warnings, warning),
    )


def _gotten_before(sale: HistoryEntry, got: Sequence[HistoryEntry]) -> HistoryEntry | None:
    earlier = [entry for entry in got if entry.lineage_id == sale.lineage_id and entry.at <= sale.at]
    return earlier[-1] if earlier else None


def _mean_markup(pairs: Sequence[tuple[HistoryEntry, HistoryEntry | None]]) -> int:
    markups: list[int] = []
    for sale, source in pairs:
        asked, paid = sale.price, source.price if source is not None else None
        if asked is not None and paid is not None and asked.currency == paid.currency and paid.amount_minor > 0:
            markups.append((asked.amount_minor - paid.amount_minor) * _WHOLE // paid.amount_minor)
    return max(sum(markups) // len(markups), 0) if markups else 0


def _factor(kind: FactorKind, value: int, explanation: str) -> Factor:
    points = next((points for limit, points in LIMITS[kind] if value > limit), 0)
    return Factor(kind, value, points, explanation)


def _required(points: int) -> list[VerificationKind]:
    wanted = ((REVIEW_AT, VerificationKind.IDENTITY), (TRADER_AT, VerificationKind.TRADER_TRACEABILITY))
    return [kind for limit, kind in wanted if points >= limit]
