"""What the market asks before it lets a pass be listed or bought."""

from abc import abstractmethod
from datetime import datetime
from typing import Protocol

from core.resale.law.facts import Where
from core.resale.law.rule import AppliesAt
from core.resale.policies.policy import Channel
from core.resale.verdicts.verdict import Verdict
from core.shared.ids import AccountId, TenantId, VerdictId
from core.shared.money import Money
from ports.published.admission import PassFacts


class Judged(Protocol):
    """An answer that is kept, with its receipt, under its id."""

    @property
    def verdict_id(self) -> VerdictId: ...
    @property
    def verdict(self) -> Verdict: ...


class Judge(Protocol):
    """Gathers what is known of a pass, its seller and its venue, and says whether it may be sold at a price."""

    @abstractmethod
    async def __call__(
        self,
        tenant_id: TenantId,
        *,
        pass_facts: PassFacts,
        price: Money,
        seller: AccountId,
        buyer_place: Where | None,
        moment: AppliesAt,
        now: datetime,
        seller_trader: bool | None = None,
        channel: Channel = Channel.FAIRSEAT,
    ) -> Judged:
        """Return the verdict, which is stored; not to be called inside a transaction.

        `seller_trader` is whether the seller acts as a trader by their own word, None where they did not say.
        """
