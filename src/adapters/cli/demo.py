"""`fairseat demo`: simulated fans buy seats of a running instance, and then everything has to add up."""

import asyncio
import time
from collections import Counter
from dataclasses import dataclass, replace
from random import Random

import httpx
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from adapters.cli.demo_audit import Books, Check, audit, is_sound
from adapters.cli.demo_books import DemoSale, NoDemoError, find_sale, read_books
from adapters.cli.demo_fans import Fan, FreeSeats, Habits, Outcome, outcome_of
from adapters.cli.demo_http import ApiRefusedError, DemoHttp, Latencies, UnreachableError
from adapters.cli.demo_report import print_report
from adapters.cli.demo_world import ORGANISATION, PASSWORD, STAFF, TICKET_TITLE

REQUEST_TIMEOUT_S = 30.0
FIRST_TRIES_MAX = 3
"""An instance that does not answer at the very beginning is not there."""

SETTLE_TRIES_MAX = 15
SETTLE_PAUSE_S = 1.0
DOES_NOT_ADD_UP = 1
CANNOT_RUN = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoOptions:
    """What to do, and where. `stripe_url` is the Stripe stand-in of the instance; `seed` repeats the fans' choices."""

    base_url: str
    stripe_url: str
    fans: int = 300
    concurrency: int = 32
    seats_max: int = 4
    deadline_s: float = 600.0
    publishable_key: str = "pk_test_fairseat"
    email: str = next(iter(STAFF))
    password: str = PASSWORD
    organisation: str = ORGANISATION
    ticket_title: str = TICKET_TITLE
    seed: int | None = None


@dataclass(slots=True)
class _Tally:
    outcomes: Counter[Outcome]
    failures: list[str]


async def run_demo(options: DemoOptions, console: Console) -> int:
    """Let the fans buy and audit the books.

    Returns 0 when everything adds up, 1 when something does not, and 2 with one line when there is no demo to buy
    from, or nobody answers.
    """
    latencies = Latencies()
    limits = httpx.Limits(max_connections=options.concurrency * 2)
    async with httpx.AsyncClient(timeout=REQUEST_TIMEOUT_S, limits=limits) as client:
        http = DemoHttp(
            client=client,
            api_url=f"{options.base_url.rstrip('/')}/api/v1",
            stripe_url=options.stripe_url.rstrip("/"),
            publishable_key=options.publishable_key,
            latencies=latencies,
        )
        try:
            sale = await _sale(replace(http, tries_max=FIRST_TRIES_MAX), options)
            began = time.perf_counter()
            tally = await _let_fans_buy(http, sale, options, console)
            elapsed_s = time.perf_counter() - began
            sale = await _sale(http, options)
            books, checks = await _settled_books(http, sale, tally)
        except (NoDemoError, UnreachableError, ApiRefusedError) as error:
            console.print(f"fairseat demo: {error}", style="red", highlight=False, soft_wrap=True)
            return CANNOT_RUN
    print_report(
        console,
        outcomes=tally.outcomes,
        failures=tally.failures,
        books=books,
        checks=checks,
        latencies=latencies,
        elapsed_s=elapsed_s,
    )
    return 0 if is_sound(checks) else DOES_NOT_ADD_UP


async def _sale(http: DemoHttp, options: DemoOptions) -> DemoSale:
    return await find_sale(
        http,
        email=options.email,
        password=options.password,
        organisation=options.organisation,
        title=options.ticket_title,
    )


async def _let_fans_buy(http: DemoHttp, sale: DemoSale, options: DemoOptions, console: Console) -> _Tally:
    will = Random(options.seed)  # noqa: S311  (it chooses seats and moods, and guards nothing)
    habits = Habits(seats_max=options.seats_max)
    free_seats = FreeSeats(http, sale.plan_id, sale.staff)
    waiting = [
        Fan(number, http, free_seats, sale.tenant_id, habits, Random(will.getrandbits(64)))  # noqa: S311  (as above)
        for number in range(options.fans, 0, -1)
    ]
    tally = _Tally(Counter(), [])
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("fans", total=options.fans)

        async def serve_some() -> None:
            while waiting:
                outcome, why = await outcome_of(waiting.pop())
                tally.outcomes[outcome] += 1
                tally.failures += [why] if why else []
                progress.update(task, advance=1, description=f"fans ({tally.outcomes[Outcome.BOUGHT]} bought)")

        try:
            async with asyncio.timeout(options.deadline_s), asyncio.TaskGroup() as group:
                for _ in range(min(options.concurrency, options.fans)):
                    group.create_task(serve_some())
        except TimeoutError:
            unfinished = options.fans - tally.outcomes.total()
            tally.outcomes[Outcome.UNFINISHED] = unfinished
            tally.failures.append(f"{unfinished} fans were not done after {options.deadline_s:g} s")
    return tally


async def _settled_books(http: DemoHttp, sale: DemoSale, tally: _Tally) -> tuple[Books, tuple[Check, ...]]:
    """Read the books, again while they do not add up: events of the last moments may still be on their way."""
    failed = tally.outcomes[Outcome.FAILED] + tally.outcomes[Outcome.UNFINISHED]
    books = await read_books(http, sale)
    for _ in range(SETTLE_TRIES_MAX):
        if is_sound(audit(books)):
            break
        await asyncio.sleep(SETTLE_PAUSE_S)
        books = await read_books(http, sale)
    return books, audit(books, fans_failed=failed)
