"""Everything of a checkout at once, in thousands of random steps on the stores in memory."""

import os

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.checkout_declines import Declines
from tests.checkout_stage import in_memory_machine

STORIES = int(os.environ.get("FAIRSEAT_CHECKOUT_STORIES", "60"))
STEPS = 50


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_money_ends_as_seats_or_goes_back_whatever_happens() -> None:
    with in_memory_machine(Declines) as machine:
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=STORIES,
                stateful_step_count=STEPS,
                deadline=None,
                phases=[Phase.generate],  # making a story shorter takes minutes: steps hang together
                derandomize="CI" in os.environ,  # there the same stories each time; new ones on every desk
                suppress_health_check=list(HealthCheck),
            ),
        )
        told = machine.stories
    print("".join(f"\n{number:7} {what}" for what, number in sorted(told.items())))
