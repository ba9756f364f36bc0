"""Look at one pass."""

from dataclasses import dataclass

from core.admission.errors import PassNotFoundError
from core.shared.callers import Caller
from core.shared.ids import PassId
from ports.admission import AdmissionTransactions
from usecases.admission.codes import PassCodes, ShownPass


@dataclass(frozen=True, slots=True)
class ReadPass:
    """The account that the pass belongs to, staff of the organisation, and its services, which see no code.

    Raises PassNotFoundError for others.
    """

    admission: AdmissionTransactions
    codes: PassCodes

    async def __call__(self, caller: Caller, pass_id: PassId) -> ShownPass:
        async with self.admission.begin(caller.tenant_id) as tx:
            found = await tx.passes.get(pass_id)
            if found is None or not found.is_visible_to(caller):
                raise PassNotFoundError
            [shown] = await self.codes.shown_to(caller, tx, [found])
        return shown
