"""Seating's part of the venue service, on venue_db."""

# A parameter of dishka's own `provide` has no type:
# pyright: reportUnknownVariableType=false

from collections.abc import AsyncIterator
from contextlib import suppress

from dishka import Provider, Scope, provide, provide_all

from adapters.http.allotments import AllotmentController
from adapters.http.holds import HoldController
from adapters.http.plan_documents import PlanDocumentController
from adapters.http.seat_blocks import SeatBlockController
from adapters.http.seat_events import SeatEventController
from adapters.http.seat_map_answers import SeatMapAnswers
from adapters.http.seat_map_hub import SeatMapHub
from adapters.http.seating import SeatingPlanController
from adapters.inprocess.seating import InProcessSeating
from adapters.memory.hold_budget import MemoryHoldBudget
from adapters.postgres.clock import DatabaseClock
from adapters.postgres.plan_documents import PostgresDuePlanDocuments, PostgresPlanDocuments
from adapters.postgres.seating import PostgresExpiredReservations, PostgresSeatingTransactions
from adapters.postgres.seating_batches import BatchedHolds
from adapters.postgres.seating_holds import PostgresHolds
from adapters.redis.client import redis_client
from adapters.redis.hold_budget import RedisHoldBudget
from adapters.redis.seat_map import RedisSeatMapFeed
from adapters.system.clock import SystemClock
from adapters.system.hold_tokens import RandomHoldTokens
from adapters.system.loops import Job, JobLoops
from adapters.system.observer import NOBODY, Observer
from adapters.system.watched_ports import WatchedHolds
from bootstrap.containers.service import JobSpec, Pools
from bootstrap.settings import Settings
from core.seating.hold_budget import HoldTerms
from ports.clock import Clock
from ports.events import Subscription
from ports.hold_budget import HoldBudget
from ports.hold_tokens import HoldTokens
from ports.ids import IdSource
from ports.plan_documents import DuePlanDocuments, PlanDocuments
from ports.published.expiration import TimerFired
from ports.published.orders import ItemsReturned, OrderCancelled
from ports.published.seating import (
    HoldReleased,
    HoldsExpired,
    PlanChanged,
    PlanDeactivated,
    ReservationMade,
    SeatingApi,
    SeatsBlocked,
    SeatsHeld,
    SeatsReturned,
    SeatsSold,
    SeatsUnblocked,
)
from ports.published.venues import OrganiserSettingsChanged
from ports.seat_map import SeatMapFeed
from ports.seating import ExpiredReservations, Holds, SeatingTransactions
from ports.stores import StoreUnavailableError
from usecases.seating.activate_plan import ActivatePlan, DeactivatePlan
from usecases.seating.allot_seats import AllotSeats, ChangeAllotment, ListAllotments, ReadSeatAudit, ReleaseAllotment
from usecases.seating.block_seats import BlockSeats, UnblockSeats
from usecases.seating.catalogues import Catalogues
from usecases.seating.create_plan import CreatePlan
from usecases.seating.expire_reservations import ExpireOnTimer, ExpireReservations
from usecases.seating.export_plan import ExportPlan
from usecases.seating.grant_hold import GrantHold
from usecases.seating.hold_best_available import HoldBestAvailable
from usecases.seating.hold_chosen_seats import HoldChosenSeats
from usecases.seating.hold_seats import HoldSeats
from usecases.seating.looking import Pictures
from usecases.seating.manage_hold import ExtendHold, ReadHold, ReleaseHold
from usecases.seating.on_items_returned import ReturnSeats
from usecases.seating.on_order_cancelled import ReleaseCancelledOrder
from usecases.seating.on_organiser_settings_changed import FollowOrganiserSettings
from usecases.seating.plan_sources import RequestLimit
from usecases.seating.plan_uploads import DocumentTerms, ForgetPlanDocuments, UploadPlanDocument
from usecases.seating.publish_map import PublishMap
from usecases.seating.read_plan import ListPlans, ReadPlan, ValidatePlan
from usecases.seating.release_accessible import ReleaseAccessible
from usecases.seating.replace_price_tiers import ReplacePriceTiers
from usecases.seating.replace_seats import ReplaceSeats
from usecases.seating.replace_source import ReplaceSource
from usecases.seating.reserve_seats import (
    FinaliseReservation,
    ProtectReservation,
    ReclaimSeats,
    ReleaseReservation,
    ReserveSeats,
)
from usecases.seating.seats_snapshot import SeatsSnapshot
from usecases.seating.spend_hold_budget import SpendHoldBudget
from usecases.seating.ticket_sales import TicketSales
from usecases.seating.watch_map import WatchMap

SWEEP_INTERVAL_S = 5.0
FORGET_INTERVAL_S = 300.0
BUDGET_INTERVAL_S = 1.0
"""How often processes tell one another of those who ask for many holds."""
CLOCK_INTERVAL_S = 5.0
"""How often a process looks at the database's clock."""
_STOP_DEADLINE_S = 1.0

# A consumer and a snapshot wait for Redis at most this long, twice; a reader that waits has a connection of its own.
_REDIS_TIMEOUT_S = 0.5
_REDIS_RETRIES_MAX = 1
_WAITING_TIMEOUT_S = 5.0
_WATCHED_PLANS_MAX = 500


class SeatingProvider(Provider):
    """The seating context; the container must also give VenuesApi and TicketingApi."""

    scope = Scope.APP
    tokens = provide(RandomHoldTokens, provides=HoldTokens)
    published = provide(InProcessSeating, provides=SeatingApi)
    usecases = provide_all(
        CreatePlan,
        ReplaceSource,
        ExportPlan,
        ReadPlan,
        ListPlans,
        ValidatePlan,
        ReplacePriceTiers,
        ActivatePlan,
        DeactivatePlan,
        Catalogues,
        SeatsSnapshot,
        BlockSeats,
        UnblockSeats,
        AllotSeats,
        ListAllotments,
        ChangeAllotment,
        ReleaseAllotment,
        ReleaseAccessible,
        ReadSeatAudit,
        Pictures,
        TicketSales,
        GrantHold,
        HoldSeats,
        HoldChosenSeats,
        HoldBestAvailable,
        SpendHoldBudget,
        ReadHold,
        ExtendHold,
        ReleaseHold,
        ReserveSeats,
        ProtectReservation,
        FinaliseReservation,
        ReclaimSeats,
        ReplaceSeats,
        ReleaseReservation,
        ExpireReservations,
        ExpireOnTimer,
        ReleaseCancelledOrder,
        ReturnSeats,
        FollowOrganiserSettings,
        PublishMap,
        WatchMap,
        UploadPlanDocument,
        ForgetPlanDocuments,
    )

    @provide(override=True)
    async def clock(self, pools: Pools) -> AsyncIterator[Clock]:
        """Make the clock by which the venue service decides: the database's, as long as it can be asked."""
        clock = DatabaseClock(pools.relay, SystemClock())
        with suppress(StoreUnavailableError):
            await clock.measure()
            await clock.measure()  # what is far off is believed when it is said twice
        loops = JobLoops([Job("seating.measure_clock", CLOCK_INTERVAL_S, clock.measure)], clock=SystemClock())
        loops.start()
        try:
            yield clock
        finally:
            await loops.stop(deadline_s=_STOP_DEADLINE_S)

    @provide
    def transactions(self, pools: Pools, ids: IdSource) -> SeatingTransactions:
        """Return transactions as the app role."""
        return PostgresSeatingTransactions(pools.app, ids)

    @provide
    def holds(
        self, settings: Settings, pools: Pools, ids: IdSource, transactions: SeatingTransactions, observer: Observer
    ) -> Holds:
        """Return holds in batches as the app role, or one by one if that is wanted."""
        alone = PostgresHolds(pools.app, ids, transactions)
        holds = alone if settings.seating.holds == "plain" else BatchedHolds(pools.app, ids, alone=alone)
        return holds if observer is NOBODY else WatchedHolds(holds, observer)

    @provide
    def expired(self, pools: Pools) -> ExpiredReservations:
        """Return the sweep's view as the relay role."""
        return PostgresExpiredReservations(pools.relay)

    @provide
    def documents(self, pools: Pools) -> PlanDocuments:
        """Return the documents of plans as the app role."""
        return PostgresPlanDocuments(pools.app)

    @provide
    def due_documents(self, pools: Pools) -> DuePlanDocuments:
        """Return the sweep's view of them as the relay role."""
        return PostgresDuePlanDocuments(pools.relay)

    @provide
    def document_terms(self, settings: Settings) -> DocumentTerms:
        """Return how large they may be, and how long they are kept."""
        return DocumentTerms(settings.seating.plan_document_bytes, settings.seating.plan_document_keep_s)

    @provide
    def request_limit(self, settings: Settings) -> RequestLimit:
        """Return how many seats one request may write."""
        return RequestLimit(settings.seating.plan_seats_per_request)

    @provide
    def hold_terms(self, settings: Settings) -> HoldTerms:
        """Return how many holds a buyer may ask for."""
        return HoldTerms(
            per_account_max=settings.seating.hold_budget_per_account,
            per_address_max=settings.seating.hold_budget_per_address,
        )

    @provide
    async def hold_budget(self, settings: Settings, clock: Clock) -> AsyncIterator[HoldBudget]:
        """Make the budget of this process, and tell other processes of it until the end."""
        client = redis_client(settings.redis.url.reveal(), timeout_s=_REDIS_TIMEOUT_S, retries_max=0)
        budget = RedisHoldBudget(MemoryHoldBudget(settings.seating.hold_budget_window_s), client)
        loops = JobLoops([Job("seating.share_hold_budget", BUDGET_INTERVAL_S, budget.share)], clock=clock)
        loops.start()
        try:
            yield budget
        finally:
            await loops.stop(deadline_s=_STOP_DEADLINE_S)
            await client.aclose()

    @provide
    async def seat_map_feed(self, settings: Settings) -> AsyncIterator[SeatMapFeed]:
        """Make the live map's stream, and close its connections at the end."""
        url = settings.redis.url.reveal()
        async with (
            redis_client(url, timeout_s=_REDIS_TIMEOUT_S, retries_max=_REDIS_RETRIES_MAX) as client,
            redis_client(
                url, connections_max=_WATCHED_PLANS_MAX, timeout_s=_WAITING_TIMEOUT_S, retries_max=0
            ) as waiting,
        ):
            yield RedisSeatMapFeed(client, waiting)

    @provide
    def seat_map_answers(self) -> SeatMapAnswers:
        """Return what keeps the maps that were sent last."""
        return SeatMapAnswers()

    @provide
    async def seat_map_hub(self, feed: SeatMapFeed, clock: Clock) -> AsyncIterator[SeatMapHub]:
        """Make the hub of this process, and end its streams at the end."""
        hub = SeatMapHub(feed, clock)
        try:
            yield hub
        finally:
            await hub.stop()


SEATING_CONTROLLERS = (
    SeatingPlanController,
    SeatEventController,
    SeatBlockController,
    AllotmentController,
    HoldController,
    PlanDocumentController,
)
SEATING_SUBSCRIPTIONS = (
    Subscription("seating.expire_on_timer", TimerFired, ExpireOnTimer),
    Subscription("seating.release_cancelled_order", OrderCancelled, ReleaseCancelledOrder),
    Subscription("seating.return_seats", ItemsReturned, ReturnSeats),
    Subscription("seating.follow_organiser_settings", OrganiserSettingsChanged, FollowOrganiserSettings),
    *(
        Subscription("seating.publish_map", event, PublishMap)
        for event in (
            SeatsHeld,
            HoldReleased,
            HoldsExpired,
            ReservationMade,
            SeatsSold,
            SeatsReturned,
            SeatsBlocked,
            SeatsUnblocked,
            PlanDeactivated,
            PlanChanged,
        )
    ),
)
SEATING_STREAMS = (SeatMapHub,)
SEATING_JOBS = (
    JobSpec("expire_reservations", SWEEP_INTERVAL_S, ExpireReservations),
    JobSpec("forget_plan_documents", FORGET_INTERVAL_S, ForgetPlanDocuments),
)
