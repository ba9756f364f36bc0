"""Hand out the public keys of the events, for scanners that work offline."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.admission.keys import PassKey
from core.shared.callers import Caller
from core.shared.ids import TicketId
from ports.admission import AdmissionTransactions

_KEYS_MAX = 500


@dataclass(frozen=True, slots=True)
class ListPassKeys:
    """Open to everyone in the tenant: public keys prove codes and make none. The newest 500, or that of one ticket."""

    admission: AdmissionTransactions

    async def __call__(self, caller: Caller, ticket_id: TicketId | None) -> Sequence[PassKey]:
        async with self.admission.begin(caller.tenant_id) as tx:
            if ticket_id is not None:
                return await tx.keys.of_tickets([ticket_id])
            return await tx.keys.newest(keys_max=_KEYS_MAX)
