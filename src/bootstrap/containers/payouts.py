"""Payouts to people who resell: a part of the payment service."""

# A parameter of dishka's own `provide` has no type:
# pyright: reportUnknownVariableType=false

from dishka import Provider, Scope, provide, provide_all

from adapters.postgres.payouts import PostgresUnsettledPayouts
from adapters.system.payout_health import PayoutHealth
from bootstrap.containers.service import Pools
from ports.payments.payouts import UnsettledPayouts
from usecases.payments.connect_seller import ConnectSeller, ReadSellerAccount
from usecases.payments.keep_payout import KeepPayout
from usecases.payments.pay_out import PayOut
from usecases.payments.read_payouts import ReadPayouts
from usecases.payments.record_transfers import RecordTransfers
from usecases.payments.settle_payout import SettlePayout
from usecases.payments.settle_payout_by_hand import RetryPayout, SettlePayoutByHand
from usecases.payments.settle_payouts import SettlePayouts


class PayoutsProvider(Provider):
    """What leaves escrow, and the accounts of those who are paid."""

    scope = Scope.APP
    usecases = provide_all(
        KeepPayout,
        RecordTransfers,
        SettlePayout,
        PayOut,
        SettlePayouts,
        ReadPayouts,
        SettlePayoutByHand,
        RetryPayout,
        ConnectSeller,
        ReadSellerAccount,
        PayoutHealth,
    )

    @provide
    def unsettled(self, pools: Pools) -> UnsettledPayouts:
        """Return the sweep's view as the relay role."""
        return PostgresUnsettledPayouts(pools.relay)
