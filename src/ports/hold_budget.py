"""What keeps one buyer, or one address, from asking for holds without end."""

from abc import abstractmethod
from collections.abc import Mapping
from datetime import datetime
from typing import Protocol


class HoldBudget(Protocol):
    """Counts attempts in memory, so that a hold waits for nobody; other processes hear of them a moment later.

    What the others spent counts as well, once it is known. A process that cannot hear of it keeps to the limits alone.
    """

    @abstractmethod
    def spend(self, spenders: Mapping[str, int], *, now: datetime) -> int:
        """Count one attempt of every spender and return 0; or count none, and return the seconds to wait.

        A spender is named, with the most attempts that it may have in a window: no window ever has more of them, as far
        as this process knows. An attempt that
        is not allowed costs nothing. Of more spenders than can be remembered, those that were quiet longest are
        forgotten.
        """
