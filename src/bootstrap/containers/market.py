"""The market's part of the venue service, on venue_db."""

# A parameter of dishka's own `provide` has no type:
# pyright: reportUnknownVariableType=false

from datetime import timedelta

from dishka import Provider, Scope, provide, provide_all
from litestar import Controller

from adapters.http.listings import ListingController
from adapters.http.returns import ReturnController
from adapters.http.waiting_lists import WaitingListController, WaitingOfferController
from adapters.inprocess.resale import InProcessEventMarket, InProcessResale
from adapters.postgres.resale_listings import PostgresDueListings
from adapters.postgres.resale_waiting import PostgresDueWaitingLists
from bootstrap.containers.service import JobSpec, Pools
from bootstrap.settings import Settings
from core.resale.market.market_terms import MarketTerms
from core.resale.waiting.waiting_terms import WaitingTerms
from ports.events import Subscription
from ports.published.admission import PassesResumed, PassesStopped, PassNotReissued, PassReissued
from ports.published.event_market import EventMarketApi
from ports.published.orders import OrderCancelled
from ports.published.payments import PayoutSettled
from ports.published.resale import ListingOpened, ResaleApi, SellerVerificationChanged
from ports.resale.listings import DueListings
from ports.resale.waiting_list import DueWaitingLists
from usecases.resale.answer_waiting_offer import AcceptWaitingOffer, DeclineWaitingOffer, ReadWaitingOffers
from usecases.resale.buy_listing import BuyListing, GiveBackPurchase
from usecases.resale.cancel_listing import CancelListing
from usecases.resale.create_listing import CreateListing
from usecases.resale.end_market import EndMarket
from usecases.resale.examine_listing import ExamineListing
from usecases.resale.finalise_purchase import FinalisePurchase
from usecases.resale.judge_pass import JudgePass
from usecases.resale.judging import Judge
from usecases.resale.match_waiting_list import MatchOpened, MatchReturns, MatchWaitingLists
from usecases.resale.on_order_cancelled import ReleaseOrderedListings
from usecases.resale.on_pass_reissued import CompleteListing, FailListing
from usecases.resale.on_passes_stopped import ResumeListings, StopListings
from usecases.resale.on_payout_settled import NotePayout
from usecases.resale.on_seller_verified import ReconsiderSeller
from usecases.resale.open_listing import OpenListing
from usecases.resale.pay_seller import PaySeller
from usecases.resale.protect_purchase import ProtectPurchase
from usecases.resale.read_listings import ListListings, ReadListing
from usecases.resale.reclaim_purchase import ReclaimPurchase
from usecases.resale.reconsider_listing import ReconsiderListing
from usecases.resale.release_purchase import ReleasePurchase
from usecases.resale.reserve_purchase import ReservePurchase
from usecases.resale.return_pass import ReturnPass
from usecases.resale.tend_listings import TendListing, TendListings
from usecases.resale.wait_for_returns import JoinWaitingList, LeaveWaitingList, ReadWaitingList
from usecases.resale.withdraw_offer import WithdrawOffer

TEND_INTERVAL_S = 5.0


class MarketProvider(Provider):
    """The market; the container must also give AdmissionApi, OrdersApi, PaymentsApi and all of resale."""

    scope = Scope.APP
    published = provide(InProcessResale, provides=ResaleApi)
    published_events = provide(InProcessEventMarket, provides=EventMarketApi)
    judge = provide(JudgePass, provides=Judge)
    usecases = provide_all(
        CreateListing,
        ReturnPass,
        OpenListing,
        ReadListing,
        ListListings,
        CancelListing,
        WithdrawOffer,
        BuyListing,
        GiveBackPurchase,
        ExamineListing,
        ReconsiderListing,
        ReservePurchase,
        ProtectPurchase,
        FinalisePurchase,
        ReclaimPurchase,
        ReleasePurchase,
        PaySeller,
        CompleteListing,
        FailListing,
        NotePayout,
        ReconsiderSeller,
        ReleaseOrderedListings,
        StopListings,
        ResumeListings,
        EndMarket,
        MatchReturns,
        MatchOpened,
        MatchWaitingLists,
        JoinWaitingList,
        LeaveWaitingList,
        ReadWaitingList,
        ReadWaitingOffers,
        AcceptWaitingOffer,
        DeclineWaitingOffer,
        TendListing,
        TendListings,
    )

    @provide
    def terms(self) -> MarketTerms:
        """Return the limits of the market."""
        return MarketTerms()

    @provide
    def waiting_terms(self, settings: Settings) -> WaitingTerms:
        """Return the limits of waiting lists."""
        return WaitingTerms(offer_window=timedelta(seconds=settings.resale.waiting_offer_window_s))

    @provide
    def due_waiting_lists(self, pools: Pools) -> DueWaitingLists:
        """Return the sweep's view as the relay role."""
        return PostgresDueWaitingLists(pools.relay)

    @provide
    def due(self, pools: Pools) -> DueListings:
        """Return the sweep's view as the relay role."""
        return PostgresDueListings(pools.relay)


MARKET_CONTROLLERS: tuple[type[Controller], ...] = (
    ListingController,
    ReturnController,
    WaitingListController,
    WaitingOfferController,
)
MARKET_SUBSCRIPTIONS: tuple[Subscription, ...] = (
    Subscription("resale.complete_listing", PassReissued, CompleteListing),
    Subscription("resale.fail_listing", PassNotReissued, FailListing),
    Subscription("resale.release_cancelled_order", OrderCancelled, ReleaseOrderedListings),
    Subscription("resale.stop_listings", PassesStopped, StopListings),
    Subscription("resale.resume_listings", PassesResumed, ResumeListings),
    Subscription("resale.note_payout", PayoutSettled, NotePayout),
    Subscription("resale.reconsider_seller", SellerVerificationChanged, ReconsiderSeller),
    Subscription("resale.match_waiting_list", ListingOpened, MatchOpened),
)
MARKET_JOBS: tuple[JobSpec, ...] = (
    JobSpec("tend_listings", TEND_INTERVAL_S, TendListings),
    JobSpec("match_waiting_list", TEND_INTERVAL_S, MatchWaitingLists),
)
