"""Who checks the evidence of sellers."""

from abc import abstractmethod
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from core.resale.trust.evidence import Evidence
from core.shared.ids import AccountId, TenantId, VerificationId


class CheckAnswer(StrEnum):
    """What a verifier says when it is asked."""

    WAITS = "waits"
    """It, or somebody of the organisation, will look."""

    LOOKS = "looks"
    VERIFIED = "verified"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """Evidence on its way to who checks it. `whole_number` is told to nobody else, and stands in no log."""

    verification_id: VerificationId
    account_id: AccountId
    evidence: Evidence
    whole_number: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What a verifier answered: its own `reference`, and a `reason` where it refused."""

    answer: CheckAnswer
    reference: str | None = None
    reason: str | None = None


class SellerVerifier(Protocol):
    """Checks evidence, at once or later. A later verdict comes by the hand of staff."""

    @property
    @abstractmethod
    def name(self) -> str:
        """Return the name that verifications keep of who checked them."""

    @abstractmethod
    async def start(self, tenant_id: TenantId, brought: Brought) -> Check:
        """Ask for a check, once for each verification id; asking again gets the same answer.

        Raises UnavailableError when nobody can be asked; nothing has begun then.
        """
