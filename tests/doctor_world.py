"""A sold-out evening on real servers that is all well, for a doctor to look at and for tests to spoil."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from adapters.memory.doctor import MemoryDeadLetters
from bootstrap.containers.doctor import patient_in, repairs_of
from core.doctor.findings import Drift, Finding
from core.orders.order import Order
from ports.doctor import Patient
from ports.expiration import Timers
from tests.checkout_calm import calm_down
from tests.checkout_plant import Plant
from tests.checkout_servers import SERVICES, Servers, on_servers
from tests.checkout_world import BUYERS, Checkout, Wish
from tests.servers import PostgresServer, connected
from tests.service_client import settings_with
from usecases.doctor.comparisons import Comparisons
from usecases.doctor.examine import Compared, Examine, Patience
from usecases.doctor.mend import Mend, Mended

NO_PATIENCE = Patience(grace_s=0, pause_s=0)


async def _at_once(_: float) -> None:
    """Look again without a pause."""


@dataclass(frozen=True)
class Ward:
    """A checkout that a doctor looks at."""

    checkout: Checkout
    servers: Servers

    async def patient(self) -> Patient:
        """Return what a doctor looks at."""
        return patient_in(
            pools={name: self.servers.pools[name].relay for name in SERVICES},
            documents={"ticket": self.servers.database},
            timers=await self.checkout.observer.get("expiration", Timers),
            dead_letters=MemoryDeadLetters(),
        )

    async def compared(self, patience: Patience = NO_PATIENCE, *, tenant_id: UUID | None = None) -> list[Compared]:
        """Return every comparison."""
        clock = self.checkout.clock
        examine = Examine(Comparisons(await self.patient(), clock), clock, _at_once, patience)
        return [done async for done in examine(tenant_id)]

    async def examined(self, patience: Patience = NO_PATIENCE, *, tenant_id: UUID | None = None) -> list[Finding]:
        """Return everything that is found."""
        return [finding for done in await self.compared(patience, tenant_id=tenant_id) for finding in done.findings]

    async def mended(self, findings: list[Finding]) -> list[Mended]:
        """Mend what is found."""
        repairs = await repairs_of(self.checkout.observer.get, outboxes=SERVICES)
        return [mended async for mended in Mend(repairs)(findings)]

    async def spoil(self, service: str, *statements: str) -> None:
        """Change rows behind everybody's back: constraints hold, triggers and foreign keys do not."""
        async with connected(self.servers.admin[service]) as admin:
            await admin.execute("set session_replication_role = replica")
            for statement in statements:
                done = await admin.execute(statement)
                assert not done.endswith(" 0"), f"{statement} changed nothing"

    async def value(self, service: str, query: str, *values: object) -> Any:
        async with connected(self.servers.admin[service]) as admin:
            return await admin.fetchval(query, *values)

    async def seat_of(self, order: Order) -> UUID:
        """Return the one seat of an order."""
        [mine] = order.reservation_ids
        seat: UUID = await self.value("venue", "select seat_id from seat_states where reservation_id = $1", mine)
        return seat


@dataclass(frozen=True)
class Evening:
    """What was sold: two seats, and two places, each paid; and a seat whose order still waits for its money."""

    ward: Ward
    seated: Order
    standing: Order
    unpaid: Order

    async def has(self, kind: Drift, *, undo: Callable[[], Awaitable[None]] | None = None) -> list[Finding]:
        """Expect findings of this kind alone, have them mended, or undone where staff must, and all to be well then."""
        found = await self.ward.examined()
        assert {each.kind for each in found} == {kind}, found
        if undo is None:
            assert [mended.refusal for mended in await self.ward.mended(found)] == [None] * len(found)
            await settled(self.ward)
        else:
            assert [each.repair for each in found] == [None] * len(found)
            assert all(each.staff for each in found)
            await undo()
        assert await self.ward.examined() == []
        return found


@asynccontextmanager
async def ward(postgres: PostgresServer, mongodb_url: str, valkey_url: str) -> AsyncIterator[Ward]:
    async with on_servers(postgres, mongodb_url, valkey_url) as servers:
        around = servers.fresh()
        checkout = Checkout(Plant(settings_with(), around.made), around)
        await checkout.open()
        yield Ward(checkout, servers)
        await checkout.process.close()
        await checkout.observer.close()


async def an_evening(ward: Ward) -> Evening:
    """Let two orders be paid and one be placed, and everything be told."""
    seated = await ordered(ward, 0, seats=[0, 1], places=0)
    standing = await ordered(ward, 1, seats=[], places=2)
    for order, buyer in ((seated, 0), (standing, 1)):
        await ward.checkout.pay(order.id, BUYERS[buyer])
    for intent in ward.checkout.intents:
        ward.checkout.gateway.pay(intent.id)
        await ward.checkout.tell(intent, "payment_intent.succeeded")
    await calm_down(ward.checkout, banks_pay=True)
    unpaid = await ordered(ward, 2, seats=[4], places=0)
    await settled(ward)
    return Evening(ward, seated, standing, unpaid)


async def ordered(ward: Ward, buyer: int, *, seats: list[int], places: int) -> Order:
    held = await ward.checkout.hold(BUYERS[buyer], seats=seats, places=places)
    order = await ward.checkout.order(Wish(BUYERS[buyer], held))
    assert order is not None, ward.checkout.count
    return order


def sets(seat: UUID, status: str, owner: UUID | None = None) -> str:
    """Return a statement that gives a seat its state; it had none."""
    named = f"'{owner}'::uuid" if owner is not None else "null::uuid"
    return (
        "insert into seat_states (tenant_id, plan_id, seat_id, status, reservation_id)"
        f" select tenant_id, plan_id, id, '{status}', {named} from seats where id = '{seat}'"
    )


def frees(seat: UUID) -> str:
    """Return a statement that takes the state of a seat away."""
    return f"delete from seat_states where seat_id = '{seat}'"


async def settled(ward: Ward) -> None:
    """Publish and deliver everything that waits."""
    checkout = ward.checkout
    for _ in range(10):
        done = sum([await checkout.work(f"{name}.relay_outbox") for name in SERVICES])
        if done + await checkout.deliver_all() == 0:
            return
    raise AssertionError("there is always more to tell")
