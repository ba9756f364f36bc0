"""The Stripe stand-in in a process of its own, so that neither the API nor the worker does its work.

`python -m tests.benchmarks.stripe_apart PORT WEBHOOK_URL`; it ends on SIGTERM. It keeps its state in memory.
"""

import asyncio
import signal
import sys

import uvloop

from adapters.embedded.stripe_fake.server import StripeFake

SECRET_KEY = "sk_test_bench"
WEBHOOK_SECRET = "whsec_bench"
PUBLISHABLE_KEY = "pk_test_bench"
SETTINGS = {
    "FAIRSEAT_STRIPE_SECRET_KEY": SECRET_KEY,
    "FAIRSEAT_STRIPE_WEBHOOK_SECRET": WEBHOOK_SECRET,
    "FAIRSEAT_STRIPE_PUBLISHABLE_KEY": PUBLISHABLE_KEY,
}
"""Whoever speaks to it is set up like this, and told its address."""

READY = "/_fake/totals"


async def stand_in(port: int, webhook_url: str) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with StripeFake(
        port=port,
        secret_key=SECRET_KEY,
        publishable_key=PUBLISHABLE_KEY,
        webhook_secret=WEBHOOK_SECRET,
        webhook_url=webhook_url,
    ):
        await stop.wait()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(stand_in(int(sys.argv[1]), sys.argv[2]))
