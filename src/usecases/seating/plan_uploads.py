"""Take documents of seating plans, from which operations make plans later, and forget them after a while."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

from core.seating.writing import PlanDocumentTooLargeError
from core.shared.callers import MANAGERS, Caller
from core.shared.ids import PlanDocumentId, VenueId
from ports.clock import Clock
from ports.ids import IdSource
from ports.plan_documents import DuePlanDocuments, NewDocument, PlanDocument, PlanDocuments
from ports.published.venues import VenuesApi

PIECE_BYTES = 1_000_000
SENDING_MAX = timedelta(hours=1)
"""How long sending a document may take; what was not sent to its end by then is forgotten."""

_DUE_MAX = 200


@dataclass(frozen=True, slots=True)
class DocumentTerms:
    """How many bytes a document has at most, and for how many seconds it is kept."""

    bytes_max: int
    keep_s: int


@dataclass(frozen=True, slots=True)
class UploadPlanDocument:
    """Open to managers. The bytes go to the store as they come, so that no process has all of them."""

    documents: PlanDocuments
    venues: VenuesApi
    clock: Clock
    ids: IdSource
    terms: DocumentTerms

    async def __call__(self, venue_id: VenueId, content: AsyncIterator[bytes], *, caller: Caller) -> PlanDocument:
        """Return what is kept of the document. Nobody has looked into it: the operation does.

        Raises ForbiddenError, RefusedError for a venue that is not there, and PlanDocumentTooLargeError; what was sent
        until then is forgotten.
        """
        caller.must_be_one_of(MANAGERS)
        tenant_id = caller.tenant_id
        await self.venues.venue(tenant_id=tenant_id, venue_id=venue_id)
        now = self.clock.now()
        new = NewDocument(
            id=PlanDocumentId(self.ids.new()),
            venue_id=venue_id,
            sent_by=caller.account_id,
            created_at=now,
            expires_at=now + SENDING_MAX,
        )
        await self.documents.begin(tenant_id, new)
        try:
            document = await self._sent(new, content, caller)
        except BaseException:
            await asyncio.shield(self.documents.remove(tenant_id, new.id))
            raise
        return document

    async def _sent(self, new: NewDocument, content: AsyncIterator[bytes], caller: Caller) -> PlanDocument:
        digest, count, position, waiting = hashlib.sha256(), 0, 0, bytearray()
        async for some in content:
            count += len(some)
            if count > self.terms.bytes_max:
                raise PlanDocumentTooLargeError(f"A document has at most {self.terms.bytes_max} bytes.")
            digest.update(some)
            waiting += some
            while len(waiting) >= PIECE_BYTES:
                await self.documents.append(caller.tenant_id, new.id, position, bytes(waiting[:PIECE_BYTES]))
                del waiting[:PIECE_BYTES]
                position += 1
        if waiting:
            await self.documents.append(caller.tenant_id, new.id, position, bytes(waiting))
        document = PlanDocument(
            id=new.id,
            venue_id=new.venue_id,
            sent_by=new.sent_by,
            created_at=new.created_at,
            expires_at=self.clock.now() + timedelta(seconds=self.terms.keep_s),
            bytes_count=count,
            sha256=digest.digest(),
        )
        await self.documents.complete(caller.tenant_id, document)
        return document


@dataclass(frozen=True, slots=True)
class ForgetPlanDocuments:
    """Runs in the background."""

    due: DuePlanDocuments
    documents: PlanDocuments
    clock: Clock

    async def __call__(self) -> int:
        """Forget what was kept for long enough, or never came to its end, and return how many there were."""
        due = await self.due.due(now=self.clock.now(), documents_max=_DUE_MAX)
        for each in due:
            await self.documents.remove(each.tenant_id, each.document_id)
        return len(due)
