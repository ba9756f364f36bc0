"""A line for each request that was answered."""

import logging
from collections.abc import Iterable
from typing import override

from adapters.system.observer import Answered, Observer, RequestEnded
from adapters.system.work_context import Work

_log = logging.getLogger("fairseat.requests")


class RequestLog(Observer):
    """Tells method, route, status and time; never the path or the query, in which somebody may have put anything."""

    @override
    def request(self, method: str, headers: Iterable[tuple[bytes, bytes]], work: Work) -> RequestEnded | None:
        def ended(answered: Answered) -> None:
            facts: dict[str, object] = {
                "method": answered.method,
                "route": answered.route,
                "status": answered.status,
                "duration_ms": round(answered.duration_s * 1000, 3),
            }
            if work.refusal is not None:
                facts["code"] = work.refusal
            _log.info("answered", extra=facts)

        return ended
