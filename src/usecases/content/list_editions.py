"""Look at what a page published so far."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.content.errors import PageNotFoundError
from core.content.page import Edition
from core.shared.callers import STAFF, Caller
from core.shared.ids import PageId
from ports.content import PageStore


@dataclass(frozen=True, slots=True)
class ListEditions:
    """Staff; the newest first, at most `editions_max` with numbers below `before`. Raises PageNotFoundError."""

    pages: PageStore

    async def __call__(
        self, caller: Caller, page_id: PageId, *, before: int | None, editions_max: int
    ) -> Sequence[Edition]:
        caller.must_be_one_of(STAFF)
        if await self.pages.get(caller.tenant_id, page_id) is None:
            raise PageNotFoundError
        return await self.pages.editions(caller.tenant_id, page_id, before=before, editions_max=editions_max)
