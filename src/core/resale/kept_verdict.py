"""A verdict that something rests on: kept with all that it takes to judge again."""

from dataclasses import dataclass
from hashlib import sha256

from core.resale.receipt import PassSubject, SignedReceipt
from core.resale.verdict import Verdict
from core.shared.ids import PassId, VerdictId


@dataclass(frozen=True, slots=True)
class SignedVerdict:
    """An answer, and the receipt for it. `grounds` is the canonical JSON of what was judged."""

    verdict: Verdict
    receipt: SignedReceipt
    grounds: str

    @property
    def verdict_id(self) -> VerdictId:
        return self.receipt.receipt.id


@dataclass(frozen=True, slots=True)
class KeptVerdict:
    """What is kept of it; raises ValueError for grounds that is not the receipt's."""

    receipt: SignedReceipt
    grounds: str

    def __post_init__(self) -> None:
        if sha256(self.grounds.encode()).hexdigest() != self.receipt.receipt.facts_hash:
            raise ValueError("the receipt is about other facts")

    @property
    def id(self) -> VerdictId:
        return self.receipt.receipt.id

    @property
    def pass_id(self) -> PassId | None:
        subject = self.receipt.receipt.subject
        return subject.pass_id if isinstance(subject, PassSubject) else None
