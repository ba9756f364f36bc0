"""How the mail stands."""

from typing import override

from ports.clock import Clock
from ports.health import HealthCheck, HealthReport
from ports.identity.letters import LetterQueue

_LATE_S = 900.0


class MailHealth(HealthCheck):
    """Not well while a letter has waited for a quarter of an hour. Letters that were given up are shown, no more: an
    address that nobody has is nobody's fault.
    """

    name = "mail"
    needed = False

    def __init__(self, queue: LetterQueue, clock: Clock) -> None:
        self._queue = queue
        self._clock = clock

    @override
    async def check(self) -> HealthReport:
        backlog = await self._queue.backlog(now=self._clock.now())
        facts: dict[str, int | float | str] = {
            "waiting": backlog.waiting,
            "dead": backlog.dead,
            "oldest_age_s": round(backlog.oldest_age_s, 3),
        }
        if backlog.last_error is not None:
            facts["last_error"] = backlog.last_error
        return HealthReport(self.name, ok=backlog.oldest_age_s < _LATE_S, facts=facts)
