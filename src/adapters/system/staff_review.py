"""Sellers' evidence, looked at by the staff of the organisation."""

from typing import override

from core.shared.ids import TenantId
from ports.resale.verification import Brought, Check, CheckAnswer, SellerVerifier


class StaffReview(SellerVerifier):
    """Puts everything on the list of what staff have to look at."""

    @property
    @override
    def name(self) -> str:
        return "staff"

    @override
    async def start(self, tenant_id: TenantId, brought: Brought) -> Check:
        return Check(answer=CheckAnswer.WAITS)
