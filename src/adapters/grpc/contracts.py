"""Which Protocol of the published contracts is which service of the wire, and how each call of it is written."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from types import FunctionType, NoneType
from typing import get_type_hints

from google.protobuf.descriptor import FileDescriptor, MethodDescriptor, ServiceDescriptor

from adapters.grpc.messages import Member, MessageCodec
from adapters.grpc.protos import (
    admission_pb2,
    admission_persons_pb2,
    event_orders_pb2,
    general_admission_pb2,
    identity_pb2,
    orders_pb2,
    payments_pb2,
    resale_pb2,
    resale_verdicts_pb2,
    seating_pb2,
    ticketing_pb2,
    venues_pb2,
)
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

FILES: Mapping[type, FileDescriptor] = {
    TokenVerifier: identity_pb2.DESCRIPTOR,
    TokenKeysApi: identity_pb2.DESCRIPTOR,
    IdentityApi: identity_pb2.DESCRIPTOR,
    PersonsApi: identity_pb2.DESCRIPTOR,
    VenuesApi: venues_pb2.DESCRIPTOR,
    SeatingApi: seating_pb2.DESCRIPTOR,
    ResaleApi: resale_pb2.DESCRIPTOR,
    VerdictsApi: resale_verdicts_pb2.DESCRIPTOR,
    TicketingApi: ticketing_pb2.DESCRIPTOR,
    EventSalesApi: ticketing_pb2.DESCRIPTOR,
    GeneralAdmissionApi: general_admission_pb2.DESCRIPTOR,
    PaymentsApi: payments_pb2.DESCRIPTOR,
    VenueAccountsApi: payments_pb2.DESCRIPTOR,
    OrdersApi: orders_pb2.DESCRIPTOR,
    EventOrdersApi: event_orders_pb2.DESCRIPTOR,
    AdmissionApi: admission_pb2.DESCRIPTOR,
    PassesOfPersonApi: admission_persons_pb2.DESCRIPTOR,
}
"""Where each contract that may cross processes is written down; the service has the name of the Protocol."""


@dataclass(frozen=True, slots=True)
class Call:
    """One method of a contract: its name in Python and on the wire, and both of its messages."""

    name: str
    path: str
    rpc: str
    signature: inspect.Signature
    arguments: MessageCodec
    answer: MessageCodec
    has_answer: bool

    def write_arguments(self, *given: object, **named: object) -> bytes:
        """Return the request; raises MalformedMessageError, and TypeError for arguments that the method has not."""
        bound = self.signature.bind(*given, **named)
        bound.apply_defaults()
        return self.arguments.write(bound.arguments).SerializeToString()

    def read_arguments(self, data: bytes) -> dict[str, object]:
        """Return the arguments by their names; raises MalformedMessageError."""
        return self.arguments.parse(data)

    def write_answer(self, value: object) -> bytes:
        """Return the response; raises MalformedMessageError."""
        return self.answer.write({"answer": value} if self.has_answer else {}).SerializeToString()

    def read_answer(self, data: bytes) -> object:
        """Return what the method returned; raises MalformedMessageError."""
        return self.answer.parse(data).get("answer")


@dataclass(frozen=True, slots=True)
class Contract:
    """A published contract as a service of the wire."""

    api: type
    service: str
    calls: tuple[Call, ...]


@cache
def contract_of(api: type) -> Contract:
    """Return how the contract is spoken; raises TypeError where its messages are not as the Protocol is."""
    service: ServiceDescriptor = FILES[api].services_by_name[api.__name__]
    methods = published_methods(api)
    if set(service.methods_by_name) != {rpc_name(name) for name in methods}:
        raise TypeError(f"{service.full_name} and the contract have other methods")
    calls = tuple(_call(name, method, service.methods_by_name[rpc_name(name)]) for name, method in methods.items())
    return Contract(api, service.full_name, calls)


def published_methods(api: type) -> dict[str, Callable[..., object]]:
    """Return the methods of a Protocol by their names."""
    return {
        name: method
        for name, method in vars(api).items()
        if isinstance(method, FunctionType) and getattr(method, "__isabstractmethod__", False)
    }


def rpc_name(method: str) -> str:
    """Return what a method is called on the wire: `pay_out` is PayOut."""
    return "".join(word.capitalize() for word in method.split("_"))


def _call(name: str, method: Callable[..., object], descriptor: MethodDescriptor) -> Call:
    whole = inspect.signature(method)
    signature = whole.replace(parameters=[each for each in whole.parameters.values() if each.name != "self"])
    hints = get_type_hints(method)
    answer = hints.pop("return")
    arguments = [Member(each.name, hints[each.name], _default_of(each)) for each in signature.parameters.values()]
    return Call(
        name=name,
        path=f"/{descriptor.containing_service.full_name}/{descriptor.name}",
        rpc=descriptor.name,
        signature=signature,
        arguments=MessageCodec(arguments, descriptor.input_type),
        answer=MessageCodec([Member("answer", answer)] if answer is not NoneType else [], descriptor.output_type),
        has_answer=answer is not NoneType,
    )


def _default_of(parameter: inspect.Parameter) -> Callable[[], object] | None:
    default: object = parameter.default
    return None if default is inspect.Parameter.empty else lambda: default
