"""What a policy may say, and what several of one chain come to."""

from collections.abc import Iterator
from datetime import timedelta
from functools import reduce

from core.resale.policies.policy import PolicyChain, ResalePolicy
from core.shared.errors import Problem
from core.shared.money import PRICE_MAX_MINOR, Money

BASIS_POINTS = 10_000
MULTIPLIER_MAX_BASIS_POINTS = 100 * BASIS_POINTS
TRANSFERS_MAX_MAX = 1_000
CUTOFF_MAX = timedelta(days=3_650)


def faults_of(policy: ResalePolicy, *, currency: str | None = None) -> tuple[Problem, ...]:
    """Return what is wrong with a policy before it is set; `currency` is the ticket's, where it is for one.

    Not a check of the type itself: a policy that was set when the limits were others still has to be read.
    """
    return (*_amount_faults(policy, currency), *_cutoff_faults(policy), *_share_faults(policy))


def combined(chain: PolicyChain) -> ResalePolicy:
    """Return what the policies of a chain, the widest first, come to: of each member the tightest.

    Of fees, which are no limits, the narrowest policy's counts; and so it does of amounts in two currencies, which
    nobody can compare (a verdict denies a price then).
    """
    return reduce(_tighter, chain, ResalePolicy())


def _amount_faults(policy: ResalePolicy, currency: str | None) -> Iterator[Problem]:
    multiplier, transfers_max = policy.multiplier_basis_points, policy.transfers_max
    if multiplier is not None and not 0 <= multiplier <= MULTIPLIER_MAX_BASIS_POINTS:
        yield Problem("/priceMultiplier", "must be from 0 to 100")
    if transfers_max is not None and not 0 <= transfers_max <= TRANSFERS_MAX_MAX:
        yield Problem("/transfersMax", f"must be from 0 to {TRANSFERS_MAX_MAX}")
    for pointer, amount in (("/priceMax", policy.price_max), ("/priceMin", policy.price_min)):
        if amount is not None and not 0 <= amount.amount_minor <= PRICE_MAX_MINOR:
            yield Problem(f"{pointer}/amount", f"must be from 0 to {PRICE_MAX_MINOR}")
        if amount is not None and currency is not None and amount.currency != currency:
            yield Problem(f"{pointer}/currency", f"must be {currency}, in which the ticket is sold")
    if policy.price_min is not None and policy.price_max is not None:
        if policy.price_min.currency != policy.price_max.currency:
            yield Problem("/priceMin/currency", "must be the currency of the highest price")
        elif policy.price_min.amount_minor > policy.price_max.amount_minor:
            yield Problem("/priceMin/amount", "must not be more than the highest price")


def _cutoff_faults(policy: ResalePolicy) -> Iterator[Problem]:
    cutoffs = {
        "/listingCutoffSec": policy.listing_cutoff,
        "/resaleCutoffSec": policy.resale_cutoff,
        "/transferCutoffSec": policy.transfer_cutoff,
    }
    for pointer, cutoff in cutoffs.items():
        if cutoff is not None and not timedelta(0) <= cutoff <= CUTOFF_MAX:
            yield Problem(pointer, f"must be from 0 to {int(CUTOFF_MAX.total_seconds())}")


def _share_faults(policy: ResalePolicy) -> Iterator[Problem]:
    shares = {
        "/platformFeeBasisPoints": policy.platform_fee_basis_points,
        "/royaltyBasisPoints": policy.royalty_basis_points,
    }
    for pointer, share in shares.items():
        if share is not None and not 0 <= share <= BASIS_POINTS:
            yield Problem(pointer, f"must be from 0 to {BASIS_POINTS}")
    if sum(share or 0 for share in shares.values()) > BASIS_POINTS:
        yield Problem("/royaltyBasisPoints", "is more, with the platform's fee, than the whole price")


def _tighter(wide: ResalePolicy, narrow: ResalePolicy) -> ResalePolicy:
    return ResalePolicy(
        allowed=_least(wide.allowed, narrow.allowed),
        transfer_allowed=_least(wide.transfer_allowed, narrow.transfer_allowed),
        multiplier_basis_points=_least(wide.multiplier_basis_points, narrow.multiplier_basis_points),
        price_max=_amount(wide.price_max, narrow.price_max, highest=False),
        price_min=_amount(wide.price_min, narrow.price_min, highest=True),
        transfers_max=_least(wide.transfers_max, narrow.transfers_max),
        listing_cutoff=_most(wide.listing_cutoff, narrow.listing_cutoff),
        resale_cutoff=_most(wide.resale_cutoff, narrow.resale_cutoff),
        transfer_cutoff=_most(wide.transfer_cutoff, narrow.transfer_cutoff),
        verifications=wide.verifications | narrow.verifications,
        approved_channels=(
            wide.approved_channels & narrow.approved_channels
            if wide.approved_channels is not None and narrow.approved_channels is not None
            else _first(narrow.approved_channels, wide.approved_channels)
        ),
        platform_fee_basis_points=_first(narrow.platform_fee_basis_points, wide.platform_fee_basis_points),
        royalty_basis_points=_first(narrow.royalty_basis_points, wide.royalty_basis_points),
        names_holders=_most(wide.names_holders, narrow.names_holders),
    )


def _amount(wide: Money | None, narrow: Money | None, *, highest: bool) -> Money | None:
    if wide is None or narrow is None or wide.currency != narrow.currency:
        return _first(narrow, wide)
    return wide if (wide.amount_minor > narrow.amount_minor) is highest else narrow


def _least[T: (int, bool)](one: T | None, other: T | None) -> T | None:
    return min((value for value in (one, other) if value is not None), default=None)


def _most[T: (timedelta, bool)](one: T | None, other: T | None) -> T | None:
    return max((value for value in (one, other) if value is not None), default=None)


def _first[T](one: T | None, other: T | None) -> T | None:
    return other if one is None else one
