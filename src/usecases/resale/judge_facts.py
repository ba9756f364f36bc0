"""Judge facts, and sign what was decided."""

from dataclasses import dataclass
from datetime import datetime

from core.resale.law.facts import ResaleFacts
from core.resale.policies.policy import PolicyChain
from core.resale.receipts.canonical import canonical_json
from core.resale.receipts.grounds import grounds_of
from core.resale.receipts.kept_verdict import SignedVerdict, hash_of_grounds
from core.resale.receipts.receipt import Subject
from core.resale.verdicts.validation import validate_resale
from core.shared.ids import TenantId
from ports.resale.rulebook import RulebookSource
from usecases.resale.sign_receipt import SignReceipt


@dataclass(frozen=True, slots=True)
class JudgeFacts:
    """For the use cases that have gathered the facts and asked who may know. It reads nothing but the rulebook."""

    rulebooks: RulebookSource
    sign: SignReceipt

    async def __call__(
        self, facts: ResaleFacts, policy: PolicyChain, *, tenant_id: TenantId, subject: Subject, as_of: datetime
    ) -> SignedVerdict:
        """Return the verdict under the rulebook that is in use at the moment, with its receipt.

        Raises InvalidInputError for facts that no resale can have.
        """
        verdict = validate_resale(facts, await self.rulebooks.at(as_of), policy, as_of)
        grounds = canonical_json(grounds_of(facts, policy, as_of=as_of)).decode()
        receipt = await self.sign(
            verdict, tenant_id=tenant_id, subject=subject, price=facts.price, facts_hash=hash_of_grounds(grounds)
        )
        return SignedVerdict(verdict, receipt, grounds)
