"""Where the verdicts are kept that listings and transfers rest on."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Protocol

from core.resale.receipts.kept_verdict import KeptVerdict
from core.shared.ids import PassId, VerdictId


class VerdictStore(Protocol):
    """The verdicts of the transaction's tenant; none is ever changed or deleted."""

    @abstractmethod
    async def add(self, verdict: KeptVerdict) -> None:
        """Keep a new one."""

    @abstractmethod
    async def get(self, verdict_id: VerdictId) -> KeptVerdict | None:
        """Return the verdict, or None for none or another tenant's."""

    @abstractmethod
    async def of_pass(self, pass_id: PassId, *, verdicts_max: int) -> Sequence[KeptVerdict]:
        """Return the last ones about a pass, the newest first."""
