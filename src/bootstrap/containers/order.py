"""The order service: orders, on order_db."""

# A parameter of dishka's own `provide` has no type:
# pyright: reportUnknownVariableType=false

from dishka import Provider, Scope, provide, provide_all

from adapters.http.orders import OrderController
from adapters.http.orders_box_office import BoxOfficeController
from adapters.http.orders_fees import OrderFeesController
from adapters.http.orders_vouchers import VoucherController
from adapters.http.refunds import OrderRefundController, RefundController, RefundPolicyController
from adapters.inprocess.event_orders import InProcessEventOrders
from adapters.inprocess.orders import InProcessOrders
from adapters.postgres.health import PostgresHealth
from adapters.postgres.order_refunds import PostgresDueRefunds
from adapters.postgres.orders import PostgresDueOrders, PostgresOrderTransactions
from adapters.postgres.personal_data_plans import ORDERS
from adapters.taxes.vat import OrganisationVat
from bootstrap.containers.personal_data import (
    AnswersProvider,
    PlanProvider,
    PostgresMessagesProvider,
    person_subscriptions,
)
from bootstrap.containers.service import JobSpec, Pools, PostgresProvider, Service, linked, relay_jobs
from bootstrap.settings import Settings, SettingsError
from core.orders.terms import OrderTerms
from core.orders.voucher_misses import MissTerms
from ports.events import Subscription
from ports.ids import IdSource
from ports.orders import DueOrders, DueRefunds, OrderTransactions, TaxRules
from ports.published.admission import PassHandedOver, PassNotReissued, PassReissued
from ports.published.event_orders import EventOrdersApi
from ports.published.expiration import TimerFired
from ports.published.general_admission import GeneralAdmissionApi
from ports.published.orders import OrderCompleted, OrdersApi
from ports.published.payments import (
    DisputeClosed,
    DisputeOpened,
    PaymentRefunded,
    PaymentsApi,
    PaymentSucceeded,
    RefundSettled,
)
from ports.published.resale import ResaleApi, ReturnCompleted
from ports.published.seating import SeatingApi
from ports.published.ticketing import TicketingApi
from ports.published.venues import VenuesApi
from usecases.orders.cancel_order import CancelOrder
from usecases.orders.charge_order import ChargeOrder
from usecases.orders.confirm_order import ConfirmOrder
from usecases.orders.edit_vouchers import EditVouchers
from usecases.orders.end_event_orders import EndEventOrder, ReadEventOrders
from usecases.orders.expire_order import ExpireOrder
from usecases.orders.expire_orders import ExpireOrders
from usecases.orders.finish_refund import FinishRefund
from usecases.orders.finish_refunds import FinishRefunds
from usecases.orders.list_box_office_orders import ListBoxOfficeOrders
from usecases.orders.list_orders import ListOrders
from usecases.orders.on_dispute import OnDisputeClosed, OnDisputeOpened
from usecases.orders.on_event_cancelled import (
    EndLateOrder,
    EndOrderAfterDispute,
    EndOrderOfKeptPass,
    EndOrderSoldLate,
)
from usecases.orders.on_pass_reissued import OnPassHandedOver, OnPassNotReissued, OnPassReissued
from usecases.orders.on_payment_refunded import OnPaymentRefunded
from usecases.orders.on_refund_settled import OnRefundSettled
from usecases.orders.on_return_completed import OnReturnCompleted
from usecases.orders.on_timer_fired import OnTimerFired
from usecases.orders.pay_order import PayOrder
from usecases.orders.place_order import PlaceOrder
from usecases.orders.price_order import PriceOrder
from usecases.orders.quote_order import QuoteOrder
from usecases.orders.read_order import ReadOrder
from usecases.orders.read_refunds import ReadRefunds, RetryRefund
from usecases.orders.read_vouchers import ReadVouchers
from usecases.orders.redeem_voucher import RedeemVoucher
from usecases.orders.refund_money import RefundMoney
from usecases.orders.request_refund import PreviewRefund, RequestRefund
from usecases.orders.reservations import Reservations
from usecases.orders.sell_at_box_office import SellAtBoxOffice
from usecases.orders.settle_payment import SettlePayment
from usecases.orders.tell_again import TellCompletedAgain
from usecases.orders.tune_fees import TuneFees
from usecases.orders.tune_refund_policy import TuneRefundPolicy

SWEEP_INTERVAL_S = 5.0


class OrdersProvider(Provider):
    """The orders context."""

    scope = Scope.APP
    usecases = provide_all(
        Reservations,
        ChargeOrder,
        PriceOrder,
        RedeemVoucher,
        PlaceOrder,
        SellAtBoxOffice,
        ListBoxOfficeOrders,
        EditVouchers,
        ReadVouchers,
        QuoteOrder,
        TuneFees,
        ReadOrder,
        ListOrders,
        PayOrder,
        CancelOrder,
        SettlePayment,
        ConfirmOrder,
        ExpireOrder,
        ExpireOrders,
        OnTimerFired,
        OnPaymentRefunded,
        RefundMoney,
        FinishRefund,
        FinishRefunds,
        RequestRefund,
        PreviewRefund,
        ReadRefunds,
        RetryRefund,
        OnRefundSettled,
        OnDisputeOpened,
        OnDisputeClosed,
        OnPassReissued,
        OnPassNotReissued,
        OnReturnCompleted,
        OnPassHandedOver,
        TuneRefundPolicy,
        ReadEventOrders,
        EndEventOrder,
        EndLateOrder,
        EndOrderSoldLate,
        EndOrderAfterDispute,
        EndOrderOfKeptPass,
        TellCompletedAgain,
    )
    published = provide(InProcessOrders, provides=OrdersApi)
    published_events = provide(InProcessEventOrders, provides=EventOrdersApi)

    @provide
    def transactions(self, pools: Pools, ids: IdSource) -> OrderTransactions:
        """Return transactions as the app role."""
        return PostgresOrderTransactions(pools.app, ids)

    @provide
    def due_orders(self, pools: Pools) -> DueOrders:
        """Return the sweep's view as the relay role."""
        return PostgresDueOrders(pools.relay)

    @provide
    def tax_rules(self, venues: VenuesApi) -> TaxRules:
        """Return value added tax at the rates of each organisation."""
        return OrganisationVat(venues)

    @provide
    def miss_terms(self) -> MissTerms:
        """Return how many unknown codes an account may give."""
        return MissTerms()

    @provide
    def due_refunds(self, pools: Pools) -> DueRefunds:
        """Return the sweep's view of refunds as the relay role."""
        return PostgresDueRefunds(pools.relay)

    @provide
    def terms(self, settings: Settings) -> OrderTerms:
        """Return how long orders live; raises SettingsError for times that contradict one another."""
        orders = settings.orders
        try:
            return OrderTerms(
                order_ttl_s=orders.ttl_s,
                payment_protection_s=orders.payment_protection_s,
                lifetime_max_s=orders.lifetime_max_s,
            )
        except ValueError as error:
            raise SettingsError(f"FAIRSEAT_ORDERS_…: {error}") from error


def order_service() -> Service:
    """Return the order service."""
    return Service(
        name="order",
        providers=(
            PostgresProvider("order"),
            OrdersProvider(),
            PlanProvider(ORDERS),
            PostgresMessagesProvider(),
            AnswersProvider("order"),
            linked(SeatingApi, GeneralAdmissionApi, ResaleApi, PaymentsApi, TicketingApi, VenuesApi),
        ),
        controllers=(
            OrderController,
            OrderFeesController,
            VoucherController,
            BoxOfficeController,
            OrderRefundController,
            RefundController,
            RefundPolicyController,
        ),
        subscriptions=(
            Subscription("orders.confirm_order", PaymentSucceeded, ConfirmOrder),
            Subscription("orders.on_payment_refunded", PaymentRefunded, OnPaymentRefunded),
            Subscription("orders.on_refund_settled", RefundSettled, OnRefundSettled),
            Subscription("orders.on_dispute_opened", DisputeOpened, OnDisputeOpened),
            Subscription("orders.on_dispute_closed", DisputeClosed, OnDisputeClosed),
            Subscription("orders.on_pass_reissued", PassReissued, OnPassReissued),
            Subscription("orders.on_pass_not_reissued", PassNotReissued, OnPassNotReissued),
            Subscription("orders.on_pass_handed_over", PassHandedOver, OnPassHandedOver),
            Subscription("orders.on_return_completed", ReturnCompleted, OnReturnCompleted),
            Subscription("orders.end_order_sold_late", OrderCompleted, EndOrderSoldLate),
            Subscription("orders.end_order_after_dispute", DisputeClosed, EndOrderAfterDispute),
            Subscription("orders.end_order_of_kept_pass", PassNotReissued, EndOrderOfKeptPass),
            Subscription("orders.on_timer_fired", TimerFired, OnTimerFired),
            *person_subscriptions("order"),
        ),
        jobs=(
            *relay_jobs(),
            JobSpec("expire_orders", SWEEP_INTERVAL_S, ExpireOrders),
            JobSpec("finish_refunds", SWEEP_INTERVAL_S, FinishRefunds),
        ),
        checks=(PostgresHealth,),
    )
