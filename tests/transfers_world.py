"""A small world around transfers: their use cases and those of admission, in memory unless told otherwise."""

from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime
from typing import Literal, override
from uuid import UUID

from adapters.inprocess.admission import InProcessAdmission
from adapters.memory.messaging import MemoryMessages
from adapters.memory.resale import MemoryResaleTransactions
from adapters.memory.rulebook import OneRulebook
from adapters.system.ids import Uuid7Source
from core.admission.passes import Pass
from core.resale.law.rule import Rule
from core.resale.law.rulebook import Rulebook
from core.resale.policies.policy import ResalePolicy
from core.resale.policies.settings import ORGANISATION, Setting
from core.resale.transfers.transfer import Transfer
from core.resale.transfers.transfer_rules import TransferTerms
from core.resale.trust.blocks import Block
from core.shared.callers import Caller
from core.shared.ids import ResaleBlockId, TenantId, TransferId
from ports.events import Event
from ports.published.admission import AdmissionApi, PassFacts
from ports.published.identity import IdentityApi
from ports.published.refusals import LinkUnavailableError
from ports.resale import ResaleTransaction, ResaleTransactions
from ports.resale.transfers import DueTransfers
from tests.admission_builders import Gatehouse, Sale
from tests.orders_neighbours import Life
from tests.published_builders import AlwaysOnSale
from tests.venues_neighbour import Venues
from usecases.resale.accept_transfer import AcceptTransfer
from usecases.resale.end_stopped_transfers import EndStoppedTransfers
from usecases.resale.end_transfer import DeclineTransfer, WithdrawTransfer
from usecases.resale.finish_transfer import FinishTransfer
from usecases.resale.grounds import Grounds
from usecases.resale.offer_transfer import OfferTransfer
from usecases.resale.open_transfer import OpenTransfer
from usecases.resale.policy_of import PolicyOf
from usecases.resale.read_history import PassHistory, ReadHistory
from usecases.resale.read_transfers import ReadTransfers
from usecases.resale.tend_transfers import TendTransfer, TendTransfers
from usecases.resale.transfer_ruling import RuleOnTransfer
from usecases.resale.untie_transfer import UntieTransfer

SENDER, RECIPIENT, OTHER = "Ann@example.com", "Ben@example.com", "cleo@example.com"


class Addresses(IdentityApi):
    """Knows the accounts that it was told of."""

    def __init__(self) -> None:
        self.known: dict[UUID, str] = {}

    @override
    async def email_of(self, *, account_id: UUID) -> str | None:
        return self.known.get(account_id)


class Gate(InProcessAdmission):
    """Admission behind a link that may be away, and after which the process may die."""

    def __init__(self, inner: AdmissionApi, life: Life) -> None:
        vars(self).update(vars(inner))
        self.life = life
        self.away = False

    @override
    async def offer(
        self,
        *,
        tenant_id: UUID,
        pass_id: UUID,
        account_id: UUID,
        offer_id: UUID,
        kind: Literal["listing", "transfer", "return"],
    ) -> PassFacts:
        self._reach()
        found = await super().offer(
            tenant_id=tenant_id, pass_id=pass_id, account_id=account_id, offer_id=offer_id, kind=kind
        )
        self.life.step()
        return found

    @override
    async def withdraw(self, *, tenant_id: UUID, pass_id: UUID, offer_id: UUID) -> None:
        self._reach()
        await super().withdraw(tenant_id=tenant_id, pass_id=pass_id, offer_id=offer_id)
        self.life.step()

    @override
    async def hand_over(
        self, *, tenant_id: UUID, pass_id: UUID, offer_id: UUID, to_account_id: UUID, holder_name: str | None
    ) -> PassFacts:
        self._reach()
        given = await super().hand_over(
            tenant_id=tenant_id,
            pass_id=pass_id,
            offer_id=offer_id,
            to_account_id=to_account_id,
            holder_name=holder_name,
        )
        self.life.step()
        return given

    def _reach(self) -> None:
        if self.away:
            raise LinkUnavailableError("admission is away")


class MortalTransactions(ResaleTransactions):
    """After each transaction that committed, the process may die."""

    def __init__(self, inner: ResaleTransactions, life: Life) -> None:
        self.inner = inner
        self.life = life

    @override
    def begin(self, tenant_id: TenantId) -> AbstractAsyncContextManager[ResaleTransaction]:
        return self._begin(tenant_id)

    @asynccontextmanager
    async def _begin(self, tenant_id: TenantId) -> AsyncGenerator[ResaleTransaction]:
        async with self.inner.begin(tenant_id) as tx:
            yield tx
        self.life.step()


class TransferWorld:
    """Every use case of transfers; the sender has passes, and the recipient and somebody else have accounts."""

    def __init__(
        self,
        resale: ResaleTransactions | None = None,
        due: DueTransfers | None = None,
        *rules: Rule,
        terms: TransferTerms | None = None,
        seats: int = 2,
    ) -> None:
        self.gatehouse = Gatehouse()
        self.clock = self.gatehouse.clock
        self.life = Life()
        self.messages = MemoryMessages(ids=Uuid7Source())
        memory = MemoryResaleTransactions(self.messages)
        self.stored = resale or memory
        self.resale = MortalTransactions(self.stored, self.life)
        self.admission = Gate(self.gatehouse.api, self.life)
        self.sale = Sale(seats=seats)
        self.tenant_id = self.sale.tenant_id
        self.sender = self.sale.buyer
        self.recipient, self.other = self.sale.stranger, self.sale.stranger
        self.identity = Addresses()
        self.identity.known = {
            self.sender.account_id: SENDER,
            self.recipient.account_id: RECIPIENT,
            self.other.account_id: OTHER,
        }
        self.venues = Venues()
        self.terms = terms or TransferTerms()
        grounds = Grounds(self.resale, self.venues, AlwaysOnSale())
        rulebooks = OneRulebook(Rulebook.of("test", rules))
        policy_of = PolicyOf(self.resale, grounds, rulebooks, self.clock)
        rule = RuleOnTransfer(policy_of, grounds, rulebooks, self.clock)
        untie = UntieTransfer(self.resale, self.admission, self.clock)
        self.open = OpenTransfer(self.resale, self.admission, untie, self.clock)
        self.finish = FinishTransfer(self.resale, self.admission, untie, self.clock)
        tend = TendTransfer(self.resale, self.open, self.finish, untie, self.clock)
        self.offer = OfferTransfer(
            self.resale,
            self.admission,
            self.identity,
            rule,
            self.open,
            tend,
            self.clock,
            Uuid7Source(),
            self.terms,
        )
        self.accept = AcceptTransfer(self.resale, self.admission, self.identity, rule, self.finish, self.clock)
        self.decline = DeclineTransfer(self.resale, self.identity, untie, self.clock)
        self.withdraw = WithdrawTransfer(self.resale, untie, self.clock)
        self.read = ReadTransfers(self.resale, self.identity)
        self.history = ReadHistory(self.resale, self.admission, self.venues)
        self.on_stopped = EndStoppedTransfers(self.resale, self.clock)
        self.tend = TendTransfers(due or memory.due_transfers, tend, self.resale, self.clock, self.terms)

    async def passes(self) -> list[Pass]:
        """Return the passes of the sale, in the order of their seats; issued when they are asked for first."""
        await self.gatehouse.issue(self.sale.completed, self.sale.delivery())
        shown = await self.gatehouse.of_order(self.sale.staff(), self.sale.order_id)
        return sorted((each.admission for each in shown), key=lambda each: each.seat.label if each.seat else "")

    async def offered(self, *, to: str = RECIPIENT, number: int = 0) -> Transfer:
        """Offer one of the sender's passes."""
        passes = await self.passes()
        return await self.offer(self.sender, passes[number].id, to)

    async def accepted(self, *, by: Caller | None = None, holder_name: str | None = None) -> Transfer:
        """Offer the first pass, and accept it."""
        transfer = await self.offered()
        return await self.accept(by or self.recipient, transfer.id, holder_name=holder_name)

    async def now_is(self, transfer_id: TransferId) -> Transfer:
        async with self.stored.begin(self.tenant_id) as tx:
            found = await tx.transfers.get(transfer_id)
        assert found is not None
        return found

    async def facts(self, number: int = 0) -> PassFacts:
        """Return what admission says of one of the passes."""
        passes = await self.passes()
        return await self.gatehouse.api.pass_facts(tenant_id=self.tenant_id, pass_id=passes[number].id)

    async def past(self, caller: Caller) -> PassHistory:
        """Return the history of the first pass, as somebody sees it."""
        return await self.history((await self.passes())[0].id, caller=caller)

    async def set_policy(self, policy: ResalePolicy) -> None:
        """Let the organisation have this policy from now on."""
        async with self.stored.begin(self.tenant_id) as tx:
            before = await tx.policies.find(ORGANISATION)
            setting = Setting(
                target=ORGANISATION,
                value=policy,
                version=before.version + 1 if before else 1,
                changed_by=self.sale.staff().account_id,
                changed_at=self.clock.now(),
            )
            await tx.policies.put(setting)

    async def block(self, caller: Caller, *, until: datetime | None = None) -> None:
        block = Block(
            id=ResaleBlockId(Uuid7Source().new()),
            account_id=caller.account_id,
            reason="Gave passes to everybody.",
            blocked_by=self.sale.staff().account_id,
            blocked_at=self.clock.now(),
            until=until,
        )
        async with self.stored.begin(self.tenant_id) as tx:
            await tx.blocks.add(block)

    def told[E: Event](self, kind: type[E]) -> list[E]:
        """Return what resale has told of this kind."""
        return [each.decode(kind) for each in self.messages.events if each.type == kind.event_type]

    def told_by_admission[E: Event](self, kind: type[E]) -> list[E]:
        return [each.decode(kind) for each in self.gatehouse.messages.events if each.type == kind.event_type]
