"""A verdict with its receipt, and what is kept of both where something rests on them."""

from dataclasses import dataclass
from hashlib import sha256

from core.resale.receipts.receipt import PassSubject, SignedReceipt
from core.resale.verdicts.verdict import Verdict
from core.shared.ids import PassId, VerdictId


@dataclass(frozen=True, slots=True)
class KeptVerdict:
    """What is kept: the receipt, and the grounds that it has the hash of, enough to judge again.

    Raises ValueError for grounds that are not the receipt's.
    """

    receipt: SignedReceipt
    grounds: str

    def __post_init__(self) -> None:
        if hash_of_grounds(self.grounds) != self.receipt.receipt.facts_hash:
            raise ValueError("the receipt is about other facts")

    @property
    def id(self) -> VerdictId:
        return self.receipt.receipt.id

    @property
    def pass_id(self) -> PassId | None:
        subject = self.receipt.receipt.subject
        return subject.pass_id if isinstance(subject, PassSubject) else None


@dataclass(frozen=True, slots=True)
class SignedVerdict:
    """An answer, and the receipt for it. `grounds` is the canonical JSON of what was judged."""

    verdict: Verdict
    receipt: SignedReceipt
    grounds: str

    @property
    def verdict_id(self) -> VerdictId:
        return self.receipt.receipt.id

    def kept(self) -> KeptVerdict:
        """Return what is kept of it."""
        return KeptVerdict(self.receipt, self.grounds)


def hash_of_grounds(grounds: str) -> str:
    """Return the SHA-256 of a canonical text, as receipts have it."""
    return sha256(grounds.encode()).hexdigest()
