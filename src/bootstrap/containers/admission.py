"""The admission service: passes, on admission_db."""

# A parameter of dishka's own `provide` has no type:
# pyright: reportUnknownVariableType=false

from datetime import timedelta

from dishka import Provider, Scope, provide, provide_all

from adapters.http.passes import OrderPassController, PassController, PassKeyController
from adapters.http.scans import ScanController, ScanManifestController
from adapters.inprocess.admission import InProcessAdmission
from adapters.inprocess.admission_persons import InProcessPassesOfPerson
from adapters.inprocess.data_of_admission import AdmissionData
from adapters.postgres.admission import PostgresAdmissionTransactions
from adapters.postgres.admission_persons import PostgresPassesOfPerson
from adapters.postgres.health import PostgresHealth
from adapters.postgres.personal_data import PostgresPersonalData
from adapters.postgres.personal_data_plans import ADMISSION
from adapters.system.pass_signing import SealedPassSigner
from adapters.system.qr_codes import SegnoCodePainter
from bootstrap.containers.personal_data import (
    AnswersProvider,
    PostgresMessagesProvider,
    person_subscriptions,
)
from bootstrap.containers.service import Pools, PostgresProvider, Service, relay_jobs
from bootstrap.settings import Settings, SettingsError
from core.admission.scans import GateRules
from ports.admission import AdmissionTransactions, CodePainter, PassesOfPerson, PassSigner
from ports.events import Subscription
from ports.ids import IdSource
from ports.personal_data import PersonalData
from ports.published.admission import AdmissionApi
from ports.published.admission_persons import PassesOfPersonApi
from ports.published.orders import ItemsReturned, OrderCancelled, OrderCompleted, OrderCreated
from ports.published.payments import DisputeClosed, DisputeOpened
from ports.published.seating import SeatsMoved
from usecases.admission.attendance_of import AttendanceOf
from usecases.admission.codes import PassCodes
from usecases.admission.facts_of_pass import FactsOfPass
from usecases.admission.give_up_passes import GiveUpPasses
from usecases.admission.hand_over_pass import HandOverPass
from usecases.admission.hear_of_disputes import DecideOnDispute, FreezeOnDispute, HearOfDispute
from usecases.admission.issue_passes import IssuePasses
from usecases.admission.list_order_passes import ListOrderPasses
from usecases.admission.list_pass_keys import ListPassKeys
from usecases.admission.list_passes import ListPasses
from usecases.admission.move_passes import MovePasses
from usecases.admission.note_order import NoteOrder
from usecases.admission.offer_pass import OfferPass
from usecases.admission.pass_code_svg import PassCodeSvg
from usecases.admission.passes_of_order import PassesOfOrder
from usecases.admission.read_pass import ReadPass
from usecases.admission.reconcile_scans import ReconcileScans
from usecases.admission.reissue_passes import ReissuePasses
from usecases.admission.scan_manifest import ScanManifest
from usecases.admission.scan_pass import ScanPass
from usecases.admission.scanning import Scanning
from usecases.admission.scans_of_order import ScansOfOrder
from usecases.admission.verify_code import VerifyCode
from usecases.admission.void_refunded import VoidOnCancelledOrder, VoidOnReturnedItems
from usecases.admission.withdraw_pass import WithdrawPass


class AdmissionProvider(Provider):
    """The admission context."""

    scope = Scope.APP
    painter = provide(SegnoCodePainter, provides=CodePainter)
    usecases = provide_all(
        NoteOrder,
        ReissuePasses,
        IssuePasses,
        VoidOnReturnedItems,
        VoidOnCancelledOrder,
        HearOfDispute,
        FreezeOnDispute,
        DecideOnDispute,
        MovePasses,
        PassesOfOrder,
        FactsOfPass,
        AttendanceOf,
        OfferPass,
        WithdrawPass,
        HandOverPass,
        ScansOfOrder,
        Scanning,
        ScanPass,
        ReconcileScans,
        ScanManifest,
        PassCodes,
        ReadPass,
        ListPasses,
        ListOrderPasses,
        PassCodeSvg,
        ListPassKeys,
        VerifyCode,
        GiveUpPasses,
    )

    published = provide(InProcessAdmission, provides=AdmissionApi)
    published_of_persons = provide(InProcessPassesOfPerson, provides=PassesOfPersonApi)

    @provide
    def passes_of_person(self, pools: Pools) -> PassesOfPerson:
        """Return the passes of persons, across organisations."""
        return PostgresPassesOfPerson(pools.app)

    @provide
    def personal_data(self, pools: Pools, give_up: GiveUpPasses) -> PersonalData:
        """Return what is kept about a person."""
        return AdmissionData(PostgresPersonalData(pools.app, ADMISSION), give_up)

    @provide
    def transactions(self, pools: Pools, ids: IdSource) -> AdmissionTransactions:
        """Return transactions as the app role."""
        return PostgresAdmissionTransactions(pools.app, ids)

    @provide
    def rules(self, settings: Settings) -> GateRules:
        """Return when doors open."""
        return GateRules(doors_open_before=timedelta(seconds=settings.passes.doors_open_before_s))

    @provide
    def signer(self, settings: Settings) -> PassSigner:
        """Return the signer; raises SettingsError for a secret that is too short."""
        try:
            return SealedPassSigner(settings.passes.key_secret.reveal().encode())
        except ValueError as error:
            raise SettingsError(f"FAIRSEAT_PASSES_KEY_SECRET: {error}.") from error


def admission_service() -> Service:
    """Return the admission service."""
    return Service(
        name="admission",
        providers=(
            PostgresProvider("admission"),
            AdmissionProvider(),
            PostgresMessagesProvider(),
            AnswersProvider("admission"),
        ),
        controllers=(OrderPassController, PassController, PassKeyController, ScanController, ScanManifestController),
        subscriptions=(
            Subscription("admission.note_order", OrderCreated, NoteOrder),
            Subscription("admission.issue_passes", OrderCompleted, IssuePasses),
            Subscription("admission.void_on_returned_items", ItemsReturned, VoidOnReturnedItems),
            Subscription("admission.void_on_cancelled_order", OrderCancelled, VoidOnCancelledOrder),
            Subscription("admission.freeze_on_dispute", DisputeOpened, FreezeOnDispute),
            Subscription("admission.decide_on_dispute", DisputeClosed, DecideOnDispute),
            *person_subscriptions("admission"),
            Subscription("admission.move_passes", SeatsMoved, MovePasses),
        ),
        jobs=relay_jobs(),
        checks=(PostgresHealth,),
        secrets=(PassSigner,),
    )
