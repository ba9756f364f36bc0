"""What the payment service keeps about persons, a part of it."""

# A parameter of dishka's own `provide` has no type:
# pyright: reportUnknownVariableType=false

from dishka import Provider, Scope, provide

from adapters.inprocess.data_of_payment import PaymentData
from bootstrap.containers.service import Pools
from ports.personal_data import PersonalData


class PaymentDataProvider(Provider):
    """What the service keeps about persons."""

    scope = Scope.APP

    @provide
    def data(self, pools: Pools) -> PersonalData:
        """Return its rows, and what Stripe told."""
        return PaymentData(pools.app, pools.relay)
