"""What a person asks about their data: a copy of all, or to be forgotten. Every service must answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self

from core.shared.ids import AccountId, DataRequestId

SERVICES = ("admission", "auth", "content", "order", "payment", "ticket", "user", "venue")
"""Who must answer: each service that keeps something about a person."""

ASK_AGAIN_S = 60
ASK_AGAIN_S_MAX = 3600
"""A service that did not answer is asked again after so long, twice as long each time, up to the maximum."""

BUNDLE_DAYS = 7
"""How long a copy is kept for its person to fetch it."""

FRESH_S = 24 * 3600
"""A copy that is not older is answered again instead of a new one."""

SECOND_LOOK_S = 3600
"""So long after every service has forgotten somebody all are asked once more.

An access token outlives its account, and an order may be made with it. When the hour is over every such token has run
out long ago, and what its last order set off is done.
"""

BUNDLE_SCHEMA_VERSION = 1


class RequestKind(StrEnum):
    """A copy of all, or to be forgotten."""

    EXPORT = "export"
    ERASURE = "erasure"


class RequestStatus(StrEnum):
    """OPEN until every service has answered; EXPIRED is an export whose copy was deleted."""

    OPEN = "open"
    DONE = "done"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Kept:
    """Something that stays, and why."""

    what: str
    why: str


@dataclass(frozen=True, slots=True)
class Part:
    """What one service answered: the pages that came of so many, or what was removed and what is kept."""

    pages: int = 1
    arrived: frozenset[int] = frozenset()
    removed: Mapping[str, int] = field(default_factory=dict[str, int])
    kept: tuple[Kept, ...] = ()

    @property
    def is_whole(self) -> bool:
        return len(self.arrived) >= self.pages

    def with_page(self, page: int, *, pages: int) -> Self:
        """Return the part with one page more; where the count changed it was gathered anew, and only that counts."""
        arrived = self.arrived if pages == self.pages else frozenset[int]()
        return replace(self, pages=pages, arrived=arrived | {page})


@dataclass(frozen=True, slots=True)
class DataRequest:
    """One request of one person. `due_at` is when something is to be done about it next; None for never.

    `email` is there while an erasure is under way, and goes with it. `second_look` says that everybody was asked, or is
    being asked, once more after it: about the account alone.
    """

    id: DataRequestId
    account_id: AccountId
    kind: RequestKind
    status: RequestStatus
    email: str | None
    parts: Mapping[str, Part]
    asked: int
    requested_at: datetime
    due_at: datetime | None
    finished_at: datetime | None = None
    second_look: bool = False

    @classmethod
    def begun(
        cls, request_id: DataRequestId, *, account_id: AccountId, kind: RequestKind, email: str | None, now: datetime
    ) -> Self:
        return cls(
            id=request_id,
            account_id=account_id,
            kind=kind,
            status=RequestStatus.OPEN,
            email=email,
            parts={},
            asked=1,
            requested_at=now,
            due_at=now + timedelta(seconds=ASK_AGAIN_S),
        )

    @property
    def is_open(self) -> bool:
        return self.status is RequestStatus.OPEN

    @property
    def missing(self) -> tuple[str, ...]:
        """Return the services that have not answered, or not in full."""
        return tuple(name for name in SERVICES if name not in self.parts or not self.parts[name].is_whole)

    def is_fresh(self, now: datetime) -> bool:
        """Tell whether a copy that was made is new enough to be answered again."""
        return self.finished_at is not None and now < self.finished_at + timedelta(seconds=FRESH_S)

    def with_page(self, service: str, page: int, *, pages: int) -> Self:
        part = self.parts.get(service, Part(pages=pages)).with_page(page, pages=pages)
        return replace(self, parts={**self.parts, service: part})

    def with_erased(self, service: str, *, removed: Mapping[str, int], kept: tuple[Kept, ...]) -> Self:
        """Return the request with the answer; a service that answers twice has removed what both say."""
        before = self.parts.get(service, Part()).removed
        counts = {kind: before.get(kind, 0) + removed.get(kind, 0) for kind in {**before, **removed}}
        part = Part(arrived=frozenset({1}), removed=counts, kept=kept)
        return replace(self, parts={**self.parts, service: part})

    def asked_again(self, now: datetime) -> Self:
        wait_s = min(ASK_AGAIN_S_MAX, ASK_AGAIN_S * 2 ** min(self.asked, 10))
        return replace(self, asked=self.asked + 1, due_at=now + timedelta(seconds=wait_s))

    def finished(self, now: datetime) -> Self:
        """Everybody has answered: a copy is kept for its days, an erasure stays without the address."""
        if self.kind is RequestKind.EXPORT:
            due_at: datetime | None = now + timedelta(days=BUNDLE_DAYS)
        else:
            due_at = None if self.second_look else now + timedelta(seconds=SECOND_LOOK_S)
        return replace(self, status=RequestStatus.DONE, email=None, finished_at=now, due_at=due_at)

    def looked_at_again(self, now: datetime) -> Self:
        """Ask everybody once more to forget; what they answered before still counts."""
        parts = {name: replace(part, arrived=frozenset[int]()) for name, part in self.parts.items()}
        due_at = now + timedelta(seconds=ASK_AGAIN_S)
        return replace(
            self, status=RequestStatus.OPEN, finished_at=None, second_look=True, parts=parts, asked=1, due_at=due_at
        )

    def expired(self) -> Self:
        return replace(self, status=RequestStatus.EXPIRED, due_at=None)
