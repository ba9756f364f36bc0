"""Verdicts about resale and the receipts for them: a part of the venue service."""

# A parameter of dishka's own `provide` has no type:
# pyright: reportUnknownVariableType=false

from dishka import Provider, Scope, provide, provide_all
from litestar import Controller

from adapters.http.resale import ResaleController
from adapters.http.resale_keys import ReceiptController, ReceiptKeyController
from adapters.http.resale_rulebook import RulebookController
from adapters.inprocess.verdicts import InProcessVerdicts
from adapters.postgres.receipt_keys import PostgresReceiptKeys
from adapters.system.observer import NOBODY, Observer
from adapters.system.receipt_signing import Ed25519ReceiptVerifier, SealedReceiptSigner
from adapters.system.watched_ports import WatchedReceipts
from bootstrap.containers.service import Pools
from bootstrap.settings import Settings, SettingsError
from ports.published.resale_verdicts import VerdictsApi
from ports.resale.receipts import ReceiptKeyStore, ReceiptSigner, ReceiptVerifier
from usecases.resale.judge_facts import JudgeFacts
from usecases.resale.judge_pass import JudgePass
from usecases.resale.read_receipt import ReadReceipt
from usecases.resale.read_rulebook import ReadRulebook
from usecases.resale.receipt_keys import ReceiptKeys
from usecases.resale.sign_receipt import SignReceipt
from usecases.resale.validate_external import ValidateExternal
from usecases.resale.validate_pass import ValidatePass
from usecases.resale.verdicts_of_passes import VerdictsOfPasses
from usecases.resale.verify_receipt import VerifyReceipt


class ReceiptsProvider(Provider):
    """Judging and signing, beside the rest of resale; the container must also give AdmissionApi."""

    scope = Scope.APP
    verifier = provide(Ed25519ReceiptVerifier, provides=ReceiptVerifier)
    published = provide(InProcessVerdicts, provides=VerdictsApi)
    usecases = provide_all(
        ReceiptKeys,
        SignReceipt,
        VerifyReceipt,
        VerdictsOfPasses,
        JudgeFacts,
        JudgePass,
        ValidatePass,
        ValidateExternal,
        ReadRulebook,
        ReadReceipt,
    )

    @provide
    def keys(self, pools: Pools) -> ReceiptKeyStore:
        """Return the keys of receipts, read as the app role."""
        return PostgresReceiptKeys(pools.app)

    @provide
    def signer(self, settings: Settings, observer: Observer) -> ReceiptSigner:
        """Return the signer, under the secret of passes and for a purpose of its own; raises SettingsError."""
        try:
            signer = SealedReceiptSigner(settings.passes.key_secret.reveal().encode())
        except ValueError as error:
            raise SettingsError(f"FAIRSEAT_PASSES_KEY_SECRET: {error}.") from error
        return signer if observer is NOBODY else WatchedReceipts(signer, observer)


RECEIPT_CONTROLLERS: tuple[type[Controller], ...] = (
    ReceiptKeyController,
    ReceiptController,
    ResaleController,
    RulebookController,
)
