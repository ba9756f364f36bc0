"""Take what the services answered: a page of a copy, or that they have forgotten somebody."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, override

from core.shared.ids import AccountId, DataRequestId
from core.users.data_requests import BUNDLE_SCHEMA_VERSION, DataRequest, Kept
from ports.clock import Clock
from ports.events import Consumer, Delivery
from ports.published.personal_data import PersonalDataCollected, PersonalDataErased
from ports.published.users import PersonErased
from ports.users import AnsweredPage, Bundle, UserTransactions

GATHERS_PAGES = "users.gather_page"
GATHERS_ERASURES = "users.gather_erasure"


@dataclass(frozen=True, slots=True)
class GatherPage(Consumer[PersonalDataCollected]):
    """For events. The last page that was missing makes the copy."""

    users: UserTransactions
    clock: Clock

    @override
    async def __call__(self, event: PersonalDataCollected, delivery: Delivery) -> None:
        now, request_id = self.clock.now(), DataRequestId(event.request_id)
        async with self.users.begin(AccountId(event.account_id)) as tx:
            request = await tx.requests.get(request_id)
            if not await tx.inbox.accept(delivery.event_id, consumer=GATHERS_PAGES, at=now):
                return
            if request is None or not request.is_open:
                return
            await tx.requests.keep_page(request_id, AnsweredPage(event.service, event.page, event.data))
            request = request.with_page(event.service, event.page, pages=event.pages)
            if not request.missing:
                pages = await tx.requests.take_pages(request_id)
                await tx.requests.keep_bundle(request_id, bundle_of(request, pages, now=now))
                request = request.finished(now)
            await tx.requests.save(request)


@dataclass(frozen=True, slots=True)
class GatherErasure(Consumer[PersonalDataErased]):
    """For events. The last service that was missing ends the erasure."""

    users: UserTransactions
    clock: Clock

    @override
    async def __call__(self, event: PersonalDataErased, delivery: Delivery) -> None:
        now, request_id = self.clock.now(), DataRequestId(event.request_id)
        async with self.users.begin(AccountId(event.account_id)) as tx:
            request = await tx.requests.get(request_id)
            if not await tx.inbox.accept(delivery.event_id, consumer=GATHERS_ERASURES, at=now):
                return
            if request is None:
                return
            kept = tuple(Kept(each.what, each.why) for each in event.kept)
            request = request.with_erased(event.service, removed=event.removed, kept=kept)
            if request.is_open and not request.missing:
                request = request.finished(now)
                over = PersonErased(request_id=request.id, account_id=request.account_id)
                await tx.outbox.add(over, subject=request.account_id, at=now)
            await tx.requests.save(request)


def bundle_of(request: DataRequest, pages: Sequence[AnsweredPage], *, now: datetime) -> Bundle:
    """Return the copy: the records of each service by kind. Pages beyond a part's last are of an older answer."""
    services: dict[str, dict[str, list[Any]]] = {name: {} for name in request.parts}
    for each in pages:
        if each.page <= request.parts[each.service].pages:
            for kind, records in each.data.items():
                services[each.service].setdefault(kind, []).extend(records)
    return {
        "schema": "fairseat/personal-data",
        "schemaVersion": BUNDLE_SCHEMA_VERSION,
        "accountId": str(request.account_id),
        "requestedAt": request.requested_at.isoformat(),
        "collectedAt": now.isoformat(),
        "services": services,
    }
