"""Structs as messages: what is not as agreed is told at once, with the member's name and never its value."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Literal
from uuid import UUID

import msgspec
import pytest
from google.protobuf.descriptor import Descriptor

from adapters.grpc.contracts import Call, contract_of, rpc_name
from adapters.grpc.messages import MalformedMessageError, Member, MessageCodec
from adapters.grpc.protos import admission_pb2, resale_verdicts_pb2
from ports.published.admission import AdmissionApi
from ports.published.identity import TokenVerifier, VerifiedToken
from ports.published.payments import PaymentsApi
from ports.published.seating import SeatingApi
from tests.links_world import NAMES, UNTIL, Seats

OFFER: dict[str, Any] = dict.fromkeys(("tenant_id", "pass_id", "account_id", "offer_id"), UUID(int=1)) | {
    "kind": "listing"
}


def call_of(api: type, name: str) -> Call:
    [call] = [each for each in contract_of(api).calls if each.name == name]
    return call


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("kind", "theft"),
        ("kind", None),
        ("kind", 1),
        ("pass_id", None),
        ("pass_id", "00000000-0000-0000-0000-000000000001"),
        ("pass_id", 1),
    ],
    ids=str,
)
def test_an_argument_that_the_contract_does_not_know_is_not_written(name: str, value: object) -> None:
    with pytest.raises(MalformedMessageError):
        call_of(AdmissionApi, "offer").write_arguments(**OFFER | {name: value})


@pytest.mark.parametrize("until", [datetime(2026, 6, 1), "2026-06-01T00:00:00Z", None, 0], ids=str)  # noqa: DTZ001  (naive on purpose)
def test_a_moment_is_aware(until: object) -> None:
    with pytest.raises(MalformedMessageError):
        call_of(SeatingApi, "protect").write_arguments(**NAMES, until=until)


@pytest.mark.parametrize(
    ("amount", "fits"), [(2**63 - 1, True), (2**63, False), (-(2**63), True), (-(2**63) - 1, False)]
)
def test_a_number_has_64_bits(amount: int, fits: bool) -> None:
    call = call_of(PaymentsApi, "refund")
    names = {"tenant_id": UUID(int=1), "order_id": UUID(int=1), "refund_id": UUID(int=1), "reason": ""}
    if not fits:
        with pytest.raises(MalformedMessageError):
            call.write_arguments(**names, amount_minor=amount)
        return
    assert call.read_arguments(call.write_arguments(**names, amount_minor=amount))["amount_minor"] == amount


@pytest.mark.parametrize("amount", [True, 1.5, "1"], ids=str)
def test_nothing_else_passes_for_a_number(amount: object) -> None:
    names = {"tenant_id": UUID(int=1), "order_id": UUID(int=1), "refund_id": UUID(int=1), "reason": ""}
    with pytest.raises(MalformedMessageError):
        call_of(PaymentsApi, "refund").write_arguments(**names, amount_minor=amount)


def test_half_a_character_is_not_written() -> None:
    with pytest.raises(MalformedMessageError) as error:
        call_of(TokenVerifier, "verify").write_arguments("secret \ud800")
    assert "secret" not in str(error.value)


def test_an_enum_value_of_a_newer_release_is_told_as_such() -> None:
    call = call_of(AdmissionApi, "offer")
    kind = bytes([5 << 3, 1])  # the field and its value, listing
    request = call.write_arguments(**OFFER)
    assert request.endswith(kind)
    for number in (0, 99):
        with pytest.raises(MalformedMessageError, match=f"not known here: {number}"):
            call.read_arguments(request.removesuffix(kind) + bytes([5 << 3, number]))


def test_a_field_of_a_newer_release_is_passed_over() -> None:
    call = call_of(AdmissionApi, "offer")
    newer = bytes([(15 << 3) | 2, 3]) + b"new"
    assert call.read_arguments(call.write_arguments(**OFFER) + newer) == OFFER


def test_an_answer_of_an_older_release_has_the_defaults_of_what_it_does_not_say() -> None:
    text = str(UUID(int=1)).encode()
    token = bytes([1 << 3 | 2, len(text)]) + text  # the account's id alone
    older = bytes([1 << 3 | 2, len(token)]) + token
    assert call_of(TokenVerifier, "verify").read_answer(older) == VerifiedToken(account_id=UUID(int=1))


def test_an_empty_list_is_not_none() -> None:
    call = call_of(TokenVerifier, "verify")
    for scopes in (None, (), ("resale:read",)):
        token = VerifiedToken(account_id=UUID(int=1), scopes=scopes)
        assert call.read_answer(call.write_answer(token)) == token


def test_a_moment_of_another_zone_is_the_same_moment() -> None:
    call = call_of(SeatingApi, "protect")
    elsewhere = UNTIL.astimezone(timezone(timedelta(hours=-5)))
    assert call.read_arguments(call.write_arguments(**NAMES, until=elsewhere))["until"] == UNTIL


@pytest.mark.parametrize("moment", [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)], ids=str)
def test_the_first_and_the_last_moment_come_across(moment: datetime) -> None:
    call = call_of(SeatingApi, "protect")
    assert call.read_arguments(call.write_arguments(**NAMES, until=moment))["until"] == moment


def test_a_moment_after_the_last_one_is_malformed() -> None:
    call = call_of(SeatingApi, "protect")
    before = call.write_arguments(**NAMES, until=UNTIL)
    seconds = bytes([4 << 3 | 2, 11, 1 << 3]) + b"\xff" * 9 + b"\x01"  # until, and -1 second
    assert call.read_arguments(before + seconds)["until"] == datetime(1969, 12, 31, 23, 59, 59, 123456, tzinfo=UTC)
    far = bytes([4 << 3 | 2, 10, 1 << 3]) + b"\xff" * 8 + b"\x7f"
    with pytest.raises(MalformedMessageError, match="until"):
        call.read_arguments(before + far)


def test_arguments_that_the_method_has_not_are_refused_as_by_the_method_itself() -> None:
    with pytest.raises(TypeError):
        call_of(SeatingApi, "finalise").write_arguments(**NAMES, more=1)
    with pytest.raises(TypeError):
        call_of(SeatingApi, "finalise").write_arguments()


def test_an_answer_of_another_type_is_not_written() -> None:
    with pytest.raises(MalformedMessageError):
        call_of(SeatingApi, "replace").write_answer(Seats())
    with pytest.raises(MalformedMessageError):
        call_of(AdmissionApi, "passes_of_order").write_answer((None,))


class Right(msgspec.Struct):
    section: str | None
    row: str | None


PLACE = admission_pb2.DESCRIPTOR.message_types_by_name["AttendedPlace"]
VERDICT = resale_verdicts_pb2.DESCRIPTOR.message_types_by_name["VerdictRecord"]
SCAN = admission_pb2.DESCRIPTOR.message_types_by_name["ScanRecord"]


@pytest.mark.parametrize(
    ("descriptor", "name", "hint"),
    [
        (PLACE, "colour", str),
        (PLACE, "row", int),
        (PLACE, "row", float),
        (PLACE, "row", Right),
        (PLACE, "row", tuple[str, ...]),
        (PLACE, "row", str | int),
        (PLACE, "row", Literal["a", "b"]),
        (PLACE, "scanned_at", str),
        (VERDICT, "reasons", str),
        (VERDICT, "reasons", tuple[int, ...]),
        (VERDICT, "reasons", tuple[str, str]),
        (VERDICT, "reasons", tuple[str | None, ...]),
        (VERDICT, "reasons", tuple[str, ...] | None),
        (SCAN, "direction", Literal["in"]),
        (SCAN, "direction", Literal["in", "out", "up"]),
        (SCAN, "direction", str),
    ],
    ids=lambda each: each.name if isinstance(each, Descriptor) else str(each),
)
def test_a_contract_that_its_messages_do_not_follow_is_found_before_any_call(
    descriptor: Descriptor, name: str, hint: object
) -> None:
    with pytest.raises(TypeError):
        MessageCodec([Member(name, hint)], descriptor)


def test_a_field_that_the_contract_has_not_is_found_too() -> None:
    whole = [Member(name, str | None) for name in ("section", "row", "number", "pass_id")]
    with pytest.raises(TypeError, match="scanned_at"):
        MessageCodec(whole, PLACE)
    MessageCodec([*whole, Member("scanned_at", datetime | None)], PLACE)


@pytest.mark.parametrize(("method", "rpc"), [("pay_out", "PayOut"), ("verify", "Verify"), ("hold_ttl_s", "HoldTtlS")])
def test_a_method_has_the_name_that_is_usual_on_the_wire(method: str, rpc: str) -> None:
    assert rpc_name(method) == rpc
