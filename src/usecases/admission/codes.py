"""The code of a pass, made when somebody may see it: no code is ever stored."""

from collections.abc import Mapping
from dataclasses import dataclass

from core.admission.code import CodeClaims, SignedCode
from core.admission.keys import PassKey
from core.admission.passes import Pass
from core.shared.callers import Caller
from core.shared.ids import TenantId, TicketId
from ports.admission import AdmissionTransaction, PassSigner


@dataclass(frozen=True, slots=True)
class ShownPass:
    """A pass with its code; None when the pass admits nobody at present, and for who may know the pass alone."""

    admission: Pass
    code: str | None


@dataclass(frozen=True, slots=True)
class PassCodes:
    """For the use cases that show passes."""

    signer: PassSigner

    async def shown_to(self, caller: Caller, tx: AdmissionTransaction, passes: list[Pass]) -> list[ShownPass]:
        """Return the passes as the caller may see them, in the same order: a service has no use for codes."""
        if caller.scopes is not None:
            return [ShownPass(each, None) for each in passes]
        return await self.shown(tx, caller.tenant_id, passes)

    async def shown(self, tx: AdmissionTransaction, tenant_id: TenantId, passes: list[Pass]) -> list[ShownPass]:
        """Return the passes with their codes, in the same order."""
        ticket_ids = sorted({each.event.ticket_id for each in passes if each.shows_a_code})
        keys = {key.ticket_id: key for key in await tx.keys.of_tickets(ticket_ids)} if ticket_ids else {}
        return [ShownPass(each, self._code(tenant_id, each, keys)) for each in passes]

    def _code(self, tenant_id: TenantId, each: Pass, keys: Mapping[TicketId, PassKey]) -> str | None:
        if not each.shows_a_code:
            return None
        key = keys[each.event.ticket_id]
        claims = CodeClaims(key.key_id, each.id, each.revision)
        return str(SignedCode(claims, self.signer.sign(tenant_id, key, claims.signed_bytes)))
