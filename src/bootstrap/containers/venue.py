"""The venue service: venues and seating, on venue_db."""

from dishka import Provider, Scope, provide, provide_all

from adapters.http.holds import HoldController
from adapters.http.seating import SeatingPlanController
from adapters.http.venues import OrganiserSettingsController, VenueController
from adapters.inprocess.seating import InProcessSeating
from adapters.inprocess.venues import InProcessVenues
from adapters.postgres.health import PostgresHealth
from adapters.postgres.seating import PostgresExpiredReservations, PostgresSeatingTransactions
from adapters.postgres.venues import PostgresVenueTransactions
from adapters.system.hold_tokens import RandomHoldTokens
from bootstrap.containers.service import (
    EngineProvider,
    JobSpec,
    Pools,
    PostgresProvider,
    Service,
    linked,
    relay_jobs,
)
from ports.events import Subscription
from ports.ids import IdSource
from ports.published.expiration import TimerFired
from ports.published.orders import OrderCancelled
from ports.published.seating import SeatingApi
from ports.published.ticketing import TicketingApi
from ports.published.venues import OrganiserSettingsChanged, VenuesApi
from ports.seating import ExpiredReservations, HoldTokens, SeatingTransactions
from ports.venues import VenueTransactions
from usecases.seating.activate_plan import ActivatePlan, DeactivatePlan
from usecases.seating.create_plan import CreatePlan
from usecases.seating.expire_reservations import ExpireOnTimer, ExpireReservations
from usecases.seating.hold_seats import HoldSeats
from usecases.seating.manage_hold import ExtendHold, ReadHold, ReleaseHold
from usecases.seating.on_order_cancelled import ReleaseCancelledOrder
from usecases.seating.on_organiser_settings_changed import FollowOrganiserSettings
from usecases.seating.read_plan import ListPlans, ReadPlan, ValidatePlan
from usecases.seating.replace_price_tiers import ReplacePriceTiers
from usecases.seating.reserve_seats import (
    FinaliseReservation,
    ProtectReservation,
    ReclaimSeats,
    ReleaseReservation,
    ReserveSeats,
)
from usecases.seating.seats_snapshot import SeatsSnapshot
from usecases.venues.create_venue import CreateVenue
from usecases.venues.delete_venue import DeleteVenue
from usecases.venues.edit_layout import EditLayout
from usecases.venues.read_venues import ReadVenues
from usecases.venues.tune_settings import TuneSettings
from usecases.venues.update_venue import UpdateVenue

SWEEP_INTERVAL_S = 5.0


class VenuesProvider(Provider):
    """The venues context."""

    scope = Scope.APP
    transactions = provide(PostgresVenueTransactions, provides=VenueTransactions)
    usecases = provide_all(CreateVenue, ReadVenues, UpdateVenue, DeleteVenue, EditLayout, TuneSettings)
    published = provide(InProcessVenues, provides=VenuesApi)


class SeatingProvider(Provider):
    """The seating context."""

    scope = Scope.APP
    tokens = provide(RandomHoldTokens, provides=HoldTokens)
    usecases = provide_all(
        CreatePlan,
        ReadPlan,
        ListPlans,
        ValidatePlan,
        ReplacePriceTiers,
        ActivatePlan,
        DeactivatePlan,
        SeatsSnapshot,
        HoldSeats,
        ReadHold,
        ExtendHold,
        ReleaseHold,
        ReserveSeats,
        ProtectReservation,
        FinaliseReservation,
        ReclaimSeats,
        ReleaseReservation,
        ExpireReservations,
        ExpireOnTimer,
        ReleaseCancelledOrder,
        FollowOrganiserSettings,
    )
    published = provide(InProcessSeating, provides=SeatingApi)

    @provide
    def transactions(self, pools: Pools, ids: IdSource) -> SeatingTransactions:
        """Return transactions as the app role."""
        return PostgresSeatingTransactions(pools.app, ids)

    @provide
    def expired(self, pools: Pools) -> ExpiredReservations:
        """Return the sweep's view as the relay role."""
        return PostgresExpiredReservations(pools.relay)


def venue_service() -> Service:
    """Return the venue service."""
    return Service(
        name="venue",
        providers=(
            PostgresProvider("venue"),
            EngineProvider("venue"),
            VenuesProvider(),
            SeatingProvider(),
            linked(TicketingApi),
        ),
        controllers=(
            VenueController,
            OrganiserSettingsController,
            SeatingPlanController,
            HoldController,
        ),
        subscriptions=(
            Subscription("seating.expire_on_timer", TimerFired, ExpireOnTimer),
            Subscription("seating.release_cancelled_order", OrderCancelled, ReleaseCancelledOrder),
            Subscription("seating.follow_organiser_settings", OrganiserSettingsChanged, FollowOrganiserSettings),
        ),
        jobs=(*relay_jobs(), JobSpec("expire_reservations", SWEEP_INTERVAL_S, ExpireReservations)),
        checks=(PostgresHealth,),
    )
