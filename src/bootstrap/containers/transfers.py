"""Transfers of passes to persons, a part of the venue service."""

# A parameter of dishka's own `provide` has no type:
# pyright: reportUnknownVariableType=false

from datetime import timedelta

from dishka import Provider, Scope, provide, provide_all
from litestar import Controller

from adapters.http.transfers import PassTransferController, TransferController
from adapters.postgres.resale_transfers import PostgresDueTransfers
from bootstrap.containers.service import JobSpec, Pools
from bootstrap.settings import Settings
from core.resale.transfers.transfer_rules import TransferTerms
from ports.events import Subscription
from ports.published.admission import PassesStopped
from ports.resale.transfers import DueTransfers
from usecases.resale.accept_transfer import AcceptTransfer
from usecases.resale.end_stopped_transfers import EndStoppedTransfers
from usecases.resale.end_transfer import DeclineTransfer, WithdrawTransfer
from usecases.resale.finish_transfer import FinishTransfer
from usecases.resale.offer_transfer import OfferTransfer
from usecases.resale.open_transfer import OpenTransfer
from usecases.resale.read_transfers import ReadTransfers
from usecases.resale.tend_transfers import TendTransfer, TendTransfers
from usecases.resale.transfer_ruling import RuleOnTransfer
from usecases.resale.untie_transfer import UntieTransfer

SWEEP_INTERVAL_S = 5.0
"""How often transfers are looked after that a process left, or that lapsed; those count for nothing from then on."""


class TransfersProvider(Provider):
    """Beside ResaleProvider; the container must also give AdmissionApi and IdentityApi."""

    scope = Scope.APP
    usecases = provide_all(
        RuleOnTransfer,
        UntieTransfer,
        OpenTransfer,
        FinishTransfer,
        OfferTransfer,
        AcceptTransfer,
        DeclineTransfer,
        WithdrawTransfer,
        ReadTransfers,
        TendTransfer,
        TendTransfers,
        EndStoppedTransfers,
    )

    @provide
    def due(self, pools: Pools) -> DueTransfers:
        """Return the sweep's view as the relay role."""
        return PostgresDueTransfers(pools.relay)

    @provide
    def terms(self, settings: Settings) -> TransferTerms:
        """Return how long a pass waits for its recipient, and how many somebody may offer."""
        given = settings.transfers
        return TransferTerms(window=timedelta(seconds=given.window_s), per_day_max=given.per_day_max)


TRANSFER_CONTROLLERS: tuple[type[Controller], ...] = (PassTransferController, TransferController)
TRANSFER_SUBSCRIPTIONS = (Subscription("resale.end_transfers", PassesStopped, EndStoppedTransfers),)
TRANSFER_JOBS = (JobSpec("tend_transfers", SWEEP_INTERVAL_S, TendTransfers),)
