"""A pass on its way to a person, from the wish to give it to the new holder or the end."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Self

from core.resale.law.facts import Where
from core.resale.transfers.history import HistoryEntry, HistoryKind
from core.resale.transfers.transfer_errors import TransferStepError
from core.resale.transfers.transfer_status import LIVE, TransferChange, TransferStatus, next_status
from core.shared.emails import Email
from core.shared.ids import AccountId, PassId, TicketId, TransferId, VenueId

STEP_S_MAX = 60
"""A transfer that is OPENING or ACCEPTING after so long was left by a process that died: the sweep goes on with it."""

RETRY_S = 30
"""How long the sweep waits after it could not do what was due."""

TIME_OVER = "nobody accepted it in time"


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferredPass:
    """What is given: a copy of what the pass shows. Times are UTC; `place` is where the event is."""

    pass_id: PassId
    lineage_id: PassId
    ticket_id: TicketId
    venue_id: VenueId
    event_title: str
    event_starts_at: datetime
    event_time_zone: str
    seat_label: str | None
    place: Where


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """One pass that its holder offers to the owner of an e-mail address.

    `version` starts at 1 and grows by one with each change. `offered_at` is None for one that never was: its pass could
    not be tied. `to_account` and `holder_name` are there once somebody accepted; `reason` tells both sides why it ended
    without a change of hands. `offer_tied` says that the pass may be tied to it where passes are kept; it is untied
    when the transfer is over. `due_at` is when the sweep looks at it next, None for never.
    """

    id: TransferId
    subject: TransferredPass
    from_account: AccountId
    to_email: Email
    status: TransferStatus
    version: int
    created_at: datetime
    updated_at: datetime
    lapses_at: datetime
    due_at: datetime | None
    offered_at: datetime | None = None
    to_account: AccountId | None = None
    holder_name: str | None = None
    reason: str | None = None
    offer_tied: bool = True

    @classmethod
    def begin(
        cls,
        transfer_id: TransferId,
        *,
        subject: TransferredPass,
        from_account: AccountId,
        to_email: Email,
        lapses_at: datetime,
        now: datetime,
    ) -> Self:
        """Return a transfer that is OPENING: recorded, before the pass is tied to it."""
        return cls(
            id=transfer_id,
            subject=subject,
            from_account=from_account,
            to_email=to_email,
            status=TransferStatus.OPENING,
            version=1,
            created_at=now,
            updated_at=now,
            lapses_at=lapses_at,
            due_at=now + timedelta(seconds=STEP_S_MAX),
        )

    @property
    def is_live(self) -> bool:
        return self.status in LIVE

    def is_due(self, now: datetime) -> bool:
        return self.due_at is not None and now >= self.due_at

    def status_at(self, now: datetime) -> TransferStatus:
        """Return how it stands at this moment: at `lapses_at` it has lapsed, tidied up or not."""
        waits = self.status in {TransferStatus.OPENING, TransferStatus.OFFERED}
        return TransferStatus.LAPSED if waits and now >= self.lapses_at else self.status

    def reason_at(self, now: datetime) -> str | None:
        """Return why it has ended at this moment; None unless it lapsed or was refused."""
        return self.reason or (TIME_OVER if self.status_at(now) is not self.status else None)

    def is_offered_to(self, email: Email | None) -> bool:
        """Tell whether it ever was offered to the owner of this address; None is nobody's."""
        return email is not None and self.offered_at is not None and self.to_email.key == email.key

    # What happens to it. Each returns the transfer one version on, and raises TransferStepError.

    def offered(self, now: datetime) -> Self:
        return replace(_moved(self, TransferChange.OFFER, now), offered_at=now)

    def accepting(self, by: AccountId, *, holder_name: str | None, now: datetime) -> Self:
        """Somebody takes it; too late at `lapses_at`."""
        self._must_not_have_lapsed(TransferChange.ACCEPT, now)
        return replace(_moved(self, TransferChange.ACCEPT, now), to_account=by, holder_name=holder_name)

    def accepted(self, now: datetime) -> Self:
        """The pass was handed over, and is tied to it no more."""
        return replace(_moved(self, TransferChange.HAND_OVER, now), offer_tied=False, due_at=None)

    def declined(self, now: datetime) -> Self:
        self._must_not_have_lapsed(TransferChange.DECLINE, now)
        return _moved(self, TransferChange.DECLINE, now)

    def withdrawn(self, now: datetime) -> Self:
        self._must_not_have_lapsed(TransferChange.WITHDRAW, now)
        return _moved(self, TransferChange.WITHDRAW, now)

    def lapsed(self, reason: str, now: datetime) -> Self:
        return replace(_moved(self, TransferChange.LAPSE, now), reason=reason)

    def untied(self, now: datetime) -> Self:
        """The pass is tied to it no more."""
        return replace(self, offer_tied=False, due_at=None, version=self.version + 1, updated_at=now)

    def retry(self, now: datetime) -> Self:
        """What was due could not be done; the sweep looks again later."""
        later = now + timedelta(seconds=RETRY_S)
        return replace(self, due_at=later, version=self.version + 1, updated_at=now)

    def entry(self, now: datetime) -> HistoryEntry:
        """Return what the history of the pass says of it: a change of hands that nothing was paid for."""
        assert self.to_account is not None, "what was handed over has a recipient"
        return HistoryEntry(
            lineage_id=self.subject.lineage_id,
            kind=HistoryKind.TRANSFER,
            at=now,
            ticket_id=self.subject.ticket_id,
            pass_id=self.subject.pass_id,
            from_account=self.from_account,
            to_account=self.to_account,
            place=self.subject.place,
        )

    def _must_not_have_lapsed(self, change: TransferChange, now: datetime) -> None:
        if self.status_at(now) is not self.status:
            raise TransferStepError(self.status_at(now).value, change.value)


def _moved[T: Transfer](transfer: T, change: TransferChange, now: datetime) -> T:
    status = next_status(transfer.status, change)
    after = replace(transfer, status=status, version=transfer.version + 1, updated_at=now)
    return replace(after, due_at=_next_look(after, now))


def _next_look(transfer: Transfer, now: datetime) -> datetime | None:
    match transfer.status:
        case TransferStatus.OPENING | TransferStatus.ACCEPTING:
            return now + timedelta(seconds=STEP_S_MAX)
        case TransferStatus.OFFERED:
            return transfer.lapses_at
        case TransferStatus.ACCEPTED | TransferStatus.DECLINED | TransferStatus.LAPSED | TransferStatus.WITHDRAWN:
            return now if transfer.offer_tied else None
