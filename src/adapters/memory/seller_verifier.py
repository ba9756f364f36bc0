"""A verifier that answers as it was told to."""

from typing import override

from core.resale.policies.policy import VerificationKind
from core.shared.ids import TenantId, VerificationId
from ports.resale.verification import Brought, Check, CheckAnswer, SellerVerifier


class MemorySellerVerifier(SellerVerifier):
    """Answers at once: what `answers` has for the kind, otherwise that it will look. `asked` is what was brought."""

    def __init__(self, answers: dict[VerificationKind, Check] | None = None) -> None:
        self.answers = dict(answers or {})
        self.asked: list[Brought] = []
        self._given: dict[tuple[TenantId, VerificationId], Check] = {}

    @property
    @override
    def name(self) -> str:
        return "memory"

    @override
    async def start(self, tenant_id: TenantId, brought: Brought) -> Check:
        self.asked.append(brought)
        looks = Check(answer=CheckAnswer.LOOKS, reference=f"check-{brought.verification_id}")
        answer = self.answers.get(brought.evidence.kind, looks)
        return self._given.setdefault((tenant_id, brought.verification_id), answer)
