"""Look at the passes of an order."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.admission.errors import PassOrderNotFoundError
from core.shared.callers import Caller
from core.shared.ids import OrderId
from ports.admission import AdmissionTransactions
from usecases.admission.codes import PassCodes, ShownPass


@dataclass(frozen=True, slots=True)
class ListOrderPasses:
    """The buyer, and staff and services of the organisation; there are none until the order is paid.

    A pass that belongs to somebody else by now is left out, unless staff asks. Raises PassOrderNotFoundError for others
    and for an order that admission has not heard of.
    """

    admission: AdmissionTransactions
    codes: PassCodes

    async def __call__(self, caller: Caller, order_id: OrderId) -> Sequence[ShownPass]:
        async with self.admission.begin(caller.tenant_id) as tx:
            standing = await tx.orders.get(order_id)
            if standing is None or not standing.is_visible_to(caller):
                raise PassOrderNotFoundError
            passes = [each for each in await tx.passes.of_order(order_id) if each.is_visible_to(caller)]
            return await self.codes.shown_to(caller, tx, passes)
