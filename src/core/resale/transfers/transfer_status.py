"""The machine of a transfer: where a pass on its way to a person stands, and one table of all that moves it."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from core.resale.transfers.transfer_errors import TransferStepError


class TransferStatus(StrEnum):
    """Where a transfer stands. OPENING and OFFERED also lapse by time alone: see `Transfer.status_at`."""

    OPENING = "OPENING"
    """Recorded; the pass is being tied to it."""

    OFFERED = "OFFERED"
    """The pass waits for the person it is offered to, and admits nobody."""

    ACCEPTING = "ACCEPTING"
    """Accepted; the pass is being handed over."""

    ACCEPTED = "ACCEPTED"
    """The pass is the recipient's."""

    DECLINED = "DECLINED"
    LAPSED = "LAPSED"
    """Nobody accepted in time, or the pass could not be handed over."""

    WITHDRAWN = "WITHDRAWN"
    """Taken back by whoever offered it."""


class TransferChange(StrEnum):
    """What can happen to a transfer."""

    OFFER = "be offered"
    ACCEPT = "be accepted"
    HAND_OVER = "be handed over"
    DECLINE = "be declined"
    WITHDRAW = "be taken back"
    LAPSE = "lapse"


_S, _C = TransferStatus, TransferChange
TRANSITIONS: Mapping[TransferStatus, Mapping[TransferChange, TransferStatus]] = MappingProxyType(
    {
        # Nobody takes back what is being tied at this moment: the pass would stay tied to nothing.
        _S.OPENING: {_C.OFFER: _S.OFFERED, _C.LAPSE: _S.LAPSED},
        _S.OFFERED: {
            _C.ACCEPT: _S.ACCEPTING,
            _C.DECLINE: _S.DECLINED,
            _C.WITHDRAW: _S.WITHDRAWN,
            _C.LAPSE: _S.LAPSED,
        },
        # Whoever keeps passes decides: the pass was handed over, or never will be.
        _S.ACCEPTING: {_C.HAND_OVER: _S.ACCEPTED, _C.LAPSE: _S.LAPSED},
        _S.ACCEPTED: {},
        _S.DECLINED: {},
        _S.LAPSED: {},
        _S.WITHDRAWN: {},
    }
)
"""Every status of a transfer, and what each change makes of it; what is not here is refused."""

LIVE = frozenset({_S.OPENING, _S.OFFERED, _S.ACCEPTING})
"""Of one pass at most one transfer has such a status."""

OVER = frozenset(_S) - LIVE


def next_status(status: TransferStatus, change: TransferChange) -> TransferStatus:
    """Return what the change makes of a transfer; raises TransferStepError where the table has nothing."""
    after = TRANSITIONS[status].get(change)
    if after is None:
        raise TransferStepError(status.value, change.value)
    return after
