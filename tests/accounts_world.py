"""Connected accounts on memory adapters, for tests."""

from uuid import UUID, uuid4

from adapters.memory.payment_accounts import MemoryAccountGateway
from core.payments.accounts import ConnectedAccount
from core.payments.platform_fee import ConnectTerms, PlatformFee
from core.shared.callers import Caller, Role
from core.shared.ids import AccountId, TenantId, VenueId
from ports.published.payments import AccountChanged
from ports.published.refusals import RefusedError
from ports.published.venues import VenueSummary
from tests.payments_world import PaymentsWorld
from tests.published_builders import Halls
from usecases.payments.ask_charging import AskCharging
from usecases.payments.connect_seller import ConnectSeller, ReadSellerAccount
from usecases.payments.connect_venue import ConnectVenue, ReturnUrls
from usecases.payments.name_account import NameAccount
from usecases.payments.open_account import Onboarding, OpenAccount
from usecases.payments.read_account import ReadAccount
from usecases.payments.reconcile_accounts import ReconcileAccounts
from usecases.payments.record_account import RecordAccount


class HallsOf(Halls):
    """Every venue is a hall of one tenant, in Germany."""

    def __init__(self, tenant_id: UUID) -> None:
        super().__init__()
        self.tenant_id = tenant_id

    async def venue(self, *, tenant_id: UUID, venue_id: UUID) -> VenueSummary:
        if tenant_id != self.tenant_id:
            raise RefusedError("venues.not_found", "There is no such venue.")
        return await super().venue(tenant_id=tenant_id, venue_id=venue_id)


class AccountsWorld(PaymentsWorld):
    """One organisation with a venue that wants its money; payments need a connected account, and 2.5 % and 30 stay."""

    def __init__(self) -> None:
        super().__init__(ConnectTerms(required=True, fee=PlatformFee(basis_points=250, fixed_minor=30)))
        self.provider = MemoryAccountGateway()
        self.venue_id = VenueId(uuid4())
        self.record = RecordAccount(self.payments, self.payments.directory, self.provider, self.clock)
        name = NameAccount(self.payments, self.provider, self.clock)
        halls = HallsOf(self.tenant_id)
        urls = ReturnUrls("https://tickets.example/")
        opens = OpenAccount(self.payments, self.provider, name, self.record, self.clock)
        self.connect_venue = ConnectVenue(halls, opens, urls)
        self.connect_seller = ConnectSeller(opens, urls, ConnectTerms(required=True))
        self.read_seller = ReadSellerAccount(self.payments, self.record, self.clock)
        self.read = ReadAccount(self.payments, self.provider, halls, self.record, self.clock)
        self.sweep = ReconcileAccounts(self.payments.directory, self.payments, name, self.record, self.clock)
        self.ask = AskCharging(self.payments)

    def staff(self, role: Role = Role.OWNER, *, tenant_id: UUID | None = None) -> Caller:
        return Caller(AccountId(uuid4()), TenantId(tenant_id or self.tenant_id), role)

    async def connect(self, **asked: str) -> Onboarding:
        return await self.connect_venue(self.staff(), self.venue_id, **asked)

    async def charging(self, venue_id: VenueId | None = None) -> str:
        """Connect the venue, let its owner answer everything, and return the account's id."""
        way = await self.connect_venue(self.staff(), venue_id or self.venue_id)
        self.provider.onboard(way.account_id)
        await self.record(way.account_id, told_at=self.clock.now())
        return way.account_id

    async def account(self) -> ConnectedAccount:
        found = await self.ask(self.tenant_id, self.venue_id)
        assert found is not None
        return found

    @property
    def told(self) -> list[AccountChanged]:
        """What the other contexts heard of accounts."""
        told = AccountChanged.event_type
        return [event.decode(AccountChanged) for event in self.messages.events if event.type == told]
