"""Disputes: a part of the payment service."""

# A parameter of dishka's own `provide` has no type:
# pyright: reportUnknownVariableType=false

from dishka import Provider, Scope, provide, provide_all

from adapters.postgres.disputes import PostgresUnsettledDisputes
from bootstrap.containers.service import Pools
from ports.payments.disputes import UnsettledDisputes
from usecases.payments.answer_dispute import AnswerDispute
from usecases.payments.read_disputes import GatherEvidence, ReadDisputes
from usecases.payments.record_dispute import RecordDispute
from usecases.payments.record_disputes import RecordDisputes
from usecases.payments.settle_disputes import SettleDisputes


class DisputesProvider(Provider):
    """What happens at the buyers' banks, and what is known of the sales that it is about."""

    scope = Scope.APP
    usecases = provide_all(RecordDisputes, RecordDispute, SettleDisputes, ReadDisputes, GatherEvidence, AnswerDispute)

    @provide
    def unsettled(self, pools: Pools) -> UnsettledDisputes:
        """Return the sweep's view as the relay role."""
        return PostgresUnsettledDisputes(pools.relay)
