"""Faults on demand, to see what happens when the provider has a bad day."""

import asyncio
from dataclasses import dataclass

from adapters.embedded.stripe_fake.errors import StripeFakeError


@dataclass(slots=True)
class Faults:
    """The next `calls` calls fail with `status`; `after` lets the work be done and loses only the answer."""

    calls: int = 0
    status: int = 503
    after: bool = False
    delay_s: float = 0.0

    async def before_work(self) -> None:
        """Wait as told, then raise when this call is to fail without having been worked on."""
        await asyncio.sleep(self.delay_s)
        if not self.after:
            self.after_work()

    def after_work(self) -> None:
        """Raise when this call is to fail."""
        if self.calls > 0:
            self.calls -= 1
            raise StripeFakeError(
                self.status, kind="api_error", message="Something went wrong on Stripe's end (asked for by a test)."
            )
