"""Where the stories of a checkout are told."""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager

from tests.checkout_machine import Purchases
from tests.checkout_market import CheckoutMachine
from tests.checkout_plant import Plant
from tests.checkout_stores import in_memory
from tests.service_client import settings_with


@contextmanager
def in_memory_machine(kind: type[Purchases] = CheckoutMachine) -> Iterator[type[Purchases]]:
    """Return the machine over stores in memory, or a part of it; each story has stores of its own."""
    loop = asyncio.new_event_loop()

    class InMemory(kind):  # type: ignore[valid-type, misc]  # a class that is chosen when the test runs
        plant = Plant(settings_with(), in_memory().made)
        surroundings = staticmethod(in_memory)

    InMemory.loop = loop
    InMemory.stories.clear()
    logging.disable()  # what fails on purpose is told thousands of times
    try:
        yield InMemory
    finally:
        logging.disable(logging.NOTSET)
        loop.close()
