"""How long a call may take, and which ones are tried again: one table for all links."""

from collections.abc import Iterable, Mapping

import msgspec

from adapters.grpc.contracts import contract_of
from ports.published.admission import AdmissionApi
from ports.published.admission_persons import PassesOfPersonApi
from ports.published.event_orders import EventOrdersApi
from ports.published.general_admission import GeneralAdmissionApi
from ports.published.identity import IdentityApi, PersonsApi, TokenKeysApi, TokenVerifier
from ports.published.orders import OrdersApi
from ports.published.payments import PaymentsApi, VenueAccountsApi
from ports.published.resale import ResaleApi
from ports.published.resale_verdicts import VerdictsApi
from ports.published.seating import SeatingApi
from ports.published.ticketing import EventSalesApi, TicketingApi
from ports.published.venues import VenuesApi

DEADLINE_S = 5.0
DEADLINE_MAX_S = 60.0
"""No call goes on for longer, whatever its caller allows it."""

MESSAGE_BYTES_MAX = 32 * 1024 * 1024
"""The largest request and the largest answer; what is larger is refused on either side."""

METADATA_BYTES_MAX = 64 * 1024
"""What refusals have room in, among other things."""

_SLOW: Mapping[type, Mapping[str, float]] = {
    # Stripe is asked meanwhile.
    PaymentsApi: {"start": 30.0, "cancel": 30.0, "refund": 30.0, "pay_out": 30.0},
    # Asks payments, and those Stripe.
    EventOrdersApi: {"end": 45.0},
    # Asks admission and others whether the sale is lawful still.
    ResaleApi: {"reserve": 15.0},
    # A password is hashed, and waits for its turn.
    PersonsApi: {"confirm_erasure": 15.0},
}

REPEATED: Mapping[type, frozenset[str]] = {
    TokenVerifier: frozenset({"verify"}),
    TokenKeysApi: frozenset({"token_keys"}),
    IdentityApi: frozenset({"email_of"}),
    PersonsApi: frozenset(),  # each try counts as one
    VenuesApi: frozenset({"venue", "all_venues", "sections", "hold_ttl_s"}),
    SeatingApi: frozenset({"reserve", "protect", "finalise", "reclaim", "replace", "release"}),
    ResaleApi: frozenset({"reserve", "protect", "finalise", "reclaim", "release"}),
    VerdictsApi: frozenset({"verdicts_of_passes"}),
    TicketingApi: frozenset({"ticket"}),
    EventSalesApi: frozenset({"cancel"}),
    GeneralAdmissionApi: frozenset({"reserve", "protect", "finalise", "reclaim", "release"}),
    PaymentsApi: frozenset(),  # they may be repeated, and whoever asks has a state of its own to do it from, later
    VenueAccountsApi: frozenset({"charging"}),
    OrdersApi: frozenset({"order"}),
    EventOrdersApi: frozenset({"page"}),  # `end` as payments
    AdmissionApi: frozenset(
        {"passes_of_order", "scans_of_order", "attendance", "pass_facts", "offer", "withdraw", "hand_over"}
    ),
    PassesOfPersonApi: frozenset({"passes_to_come"}),
}
"""What gRPC tries again by itself when the server cannot be reached: what the port says may be repeated."""

TRIES_MAX = 3


def deadline_s(api: type, method: str) -> float:
    """Return how many seconds a call of this method may take."""
    return _SLOW.get(api, {}).get(method, DEADLINE_S)


def service_config(apis: Iterable[type]) -> str:
    """Return what gRPC is told of these contracts: what is tried again, how often, and when to give that up.

    Several servers behind one name take turns. While most calls fail, none is tried again.
    """
    repeated = [
        {"service": contract.service, "method": call.rpc}
        for contract in map(contract_of, apis)
        for call in contract.calls
        if call.name in REPEATED[contract.api]
    ]
    retries = {
        "maxAttempts": TRIES_MAX,
        "initialBackoff": "0.05s",
        "maxBackoff": "0.5s",
        "backoffMultiplier": 2,
        "retryableStatusCodes": ["UNAVAILABLE"],
    }
    config: dict[str, object] = {
        "loadBalancingConfig": [{"round_robin": {}}],
        "retryThrottling": {"maxTokens": 20, "tokenRatio": 0.1},
        "methodConfig": [{"name": repeated, "retryPolicy": retries}] if repeated else [],
    }
    return msgspec.json.encode(config).decode()
