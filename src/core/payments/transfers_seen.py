"""How payouts follow what the provider says of their transfers, whoever took one back."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from core.payments.ledger import Posting, PostingKind, reversal, sent
from core.payments.paying_out import release_of
from core.payments.payout import Leg, Payout, PayoutStatus, ProviderTransfer
from core.payments.payout_change import PayoutChange, changed


def see_transfers(
    payout: Payout, seen: Iterable[ProviderTransfer], *, booked: Sequence[Posting], now: datetime
) -> PayoutChange | None:
    """Book what the provider says was sent of a payout, and what came back; None when that is nothing new.

    `booked` is all that the ledger has of the payment. It compares states and never counts events, so the news may
    come in any order and any number of times.
    """
    after, postings = payout, list[Posting]()
    for one in seen:
        if one.payout_id == payout.id and one.leg is not None and after.transfer_of(one.leg) in {None, one.id}:
            after = _seen(after, one, one.leg, booked, postings)
    if not postings and after == payout:
        return None
    if after.reversed_minor > payout.reversed_minor and _is_back(after):
        change = changed(after, PayoutStatus.REVERSED, failure=payout.failure, check_at=None, now=now)
        return replace(change, postings=tuple(postings))
    return PayoutChange(replace(after, updated_at=now), (), tuple(postings))


def _seen(
    payout: Payout, one: ProviderTransfer, leg: Leg, booked: Sequence[Posting], postings: list[Posting]
) -> Payout:
    """Return the payout with one transfer, and add to the postings what is not booked yet."""
    refs = {posting.provider_ref for posting in booked if posting.kind in _BOOKED}
    royalty = leg is Leg.ROYALTY
    after = replace(payout, royalty_transfer=one.id) if royalty else replace(payout, seller_transfer=one.id)
    if not after.released:
        # What is gone is gone, and is booked, whatever was noted of the payout.
        after = replace(after, released=True, status=PayoutStatus.PENDING)
        postings.append(release_of(after, [*booked, *postings], at=one.at))
    if one.id not in refs:
        postings.append(sent(one.amount, royalty=royalty, ref=one.id, at=one.at))
    for back in one.reversals:
        if back.id not in refs:
            postings.append(
                reversal(back.amount, royalty=royalty, ref=back.id, at=back.at, escrow=[*booked, *postings])
            )
            after = replace(after, reversed_minor=after.reversed_minor + back.amount.amount_minor)
    return after


def _is_back(payout: Payout) -> bool:
    """Tell whether all that was sent came back."""
    legs = [leg for leg in Leg if payout.transfer_of(leg) is not None]
    return payout.reversed_minor >= sum(payout.shares.of(leg).amount_minor for leg in legs)


_BOOKED = frozenset({PostingKind.TRANSFER_SENT, PostingKind.TRANSFER_REVERSED})
