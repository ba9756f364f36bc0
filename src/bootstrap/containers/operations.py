"""Long operations on venues: a part of the venue service. Each context's types are listed here."""

# A parameter of dishka's own `provide` has no type:
# pyright: reportUnknownVariableType=false

from collections.abc import AsyncIterator
from functools import partial

from dishka import Provider, Scope, provide, provide_all
from litestar import Controller

from adapters.http.operation_events import OperationEventController
from adapters.http.operation_streams import OperationStreams
from adapters.http.operations import OperationController, VenueOperationController
from adapters.inprocess.event_orders import LateEventOrders
from adapters.postgres.operations import PostgresDueOperations, PostgresOperationTransactions
from adapters.system.operation_health import OperationHealth
from bootstrap.containers.service import JobSpec, Links, Pools
from ports.clock import Clock
from ports.ids import IdSource
from ports.operations import DueOperations, OperationTransactions
from ports.published.event_orders import EventOrdersApi
from usecases.operations.manage_operation import CancelOperation, ReadOperations, ResumeOperation
from usecases.operations.run_operation import RunOperation
from usecases.operations.run_operations import RunOperations
from usecases.operations.start_operation import StartOperation
from usecases.operations.types import OperationTypes
from usecases.seating.operations.plan_change import PlanChange
from usecases.seating.operations.plan_import import PlanImport
from usecases.seating.operations.plan_layouts import PlanLayouts
from usecases.seating.operations.re_pricing import RePricing
from usecases.seating.operations.venue_sections import SectionsOfPlan
from usecases.seating.plan_drafts import PlanDrafts
from usecases.venues.operations.event_cancellation import CancelEvent

RUN_INTERVAL_S = 1.0


class OperationsProvider(Provider):
    """Beside venues and seating, whose things the operations change."""

    scope = Scope.APP
    usecases = provide_all(StartOperation, ReadOperations, CancelOperation, ResumeOperation, RunOperations)
    operations = provide_all(RePricing, PlanDrafts, PlanLayouts, SectionsOfPlan, PlanImport, PlanChange, CancelEvent)

    @provide
    def types(
        self, re_pricing: RePricing, plan_import: PlanImport, plan_change: PlanChange, cancel_event: CancelEvent
    ) -> OperationTypes:
        """Return every type of operation that this installation offers."""
        return OperationTypes((re_pricing, plan_import, plan_change, cancel_event))

    health = provide(OperationHealth)

    @provide
    def event_orders(self, links: Links) -> EventOrdersApi:
        """Return the link to orders, which is followed with each call: orders have links to this service themselves."""
        return LateEventOrders(partial(links.get, EventOrdersApi))

    @provide
    def transactions(self, pools: Pools, ids: IdSource) -> OperationTransactions:
        """Return transactions as the app role."""
        return PostgresOperationTransactions(pools.app, ids)

    @provide
    def due(self, pools: Pools) -> DueOperations:
        """Return the worker's view as the relay role."""
        return PostgresDueOperations(pools.relay)

    @provide
    def run(
        self, operations: OperationTransactions, types: OperationTypes, clock: Clock, ids: IdSource
    ) -> RunOperation:
        """Return what works on one operation."""
        return RunOperation(operations, types, clock, ids)

    @provide
    async def streams(self, clock: Clock) -> AsyncIterator[OperationStreams]:
        """Make the streams of this process, and end them at the end."""
        streams = OperationStreams(clock)
        try:
            yield streams
        finally:
            await streams.stop()


OPERATION_CONTROLLERS: tuple[type[Controller], ...] = (
    VenueOperationController,
    OperationController,
    OperationEventController,
)
OPERATION_STREAMS = (OperationStreams,)
OPERATION_LINKS = (EventOrdersApi,)
OPERATION_JOBS: tuple[JobSpec, ...] = (JobSpec("run_operations", RUN_INTERVAL_S, RunOperations),)
