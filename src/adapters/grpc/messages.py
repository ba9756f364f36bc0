"""Structs of the published contracts as Protocol Buffers messages, and back: by type and descriptor, none by hand.

A UUID is its text (RFC 9562), a moment a Timestamp, a Literal an enum, a tuple a repeated field. None is a field that
is absent; a tuple that may be None is a message with `items`. What a type and its message disagree on is a TypeError
when the codec is made, so before anything is called.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeAliasType, Union, cast, get_args, get_origin
from uuid import UUID

import msgspec
from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor
from google.protobuf.message import DecodeError, Message
from google.protobuf.message_factory import GetMessageClass
from google.protobuf.timestamp_pb2 import Timestamp

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SCALARS: Mapping[object, int] = {
    str: FieldDescriptor.TYPE_STRING,
    UUID: FieldDescriptor.TYPE_STRING,
    bool: FieldDescriptor.TYPE_BOOL,
    int: FieldDescriptor.TYPE_INT64,
}

type Change = Callable[[Any], Any]  # Any: what a coding takes is known when it is made, not when this is checked


class MalformedMessageError(ValueError):
    """A message, or what one is to be made of, is not as the contract demands; tells the member, never its value."""


@dataclass(frozen=True, slots=True)
class _Coding:
    write: Change
    read: Change


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a struct, or an argument of a method: its type, and where there is one how its default is made."""

    name: str
    hint: object
    default: Callable[[], object] | None = None


class MessageCodec:
    """Turns values by their names into messages of one type, and back."""

    def __init__(self, members: Iterable[Member], descriptor: Descriptor) -> None:
        self._message = GetMessageClass(descriptor)
        self._name = descriptor.name
        self._fields = [_field(member, descriptor) for member in members]
        if spare := set(descriptor.fields_by_name) - {field.name for field in self._fields}:
            raise TypeError(f"{descriptor.full_name} has {sorted(spare)}, which the contract has not")

    def write(self, values: Mapping[str, object]) -> Message:
        """Return the message; raises MalformedMessageError for None where that cannot be, and for other types."""
        try:
            return self._message(**{each.name: self._written(each, values[each.name]) for each in self._fields})
        except MalformedMessageError:
            raise
        except (TypeError, ValueError, AttributeError) as error:
            raise MalformedMessageError(f"{self._name} cannot be written: {type(error).__name__}") from error

    def write_struct(self, struct: object) -> Message:
        """Return the message of a struct, whose members are its attributes; raises as `write`."""
        try:
            values = {each.name: getattr(struct, each.name) for each in self._fields}
        except AttributeError:
            raise MalformedMessageError(f"{self._name} cannot be made of a {type(struct).__name__}") from None
        return self.write(values)

    def read(self, message: Message) -> dict[str, object]:
        """Return the values; raises MalformedMessageError where one is missing, or is nothing that the type has."""
        return {each.name: self._read(each, message) for each in self._fields}

    def parse(self, data: bytes) -> dict[str, object]:
        """Read a message from the wire; raises as `read`."""
        message = self._message()
        try:
            message.ParseFromString(data)
        except DecodeError:
            raise MalformedMessageError(f"this is no {self._name}") from None
        return self.read(message)

    def _written(self, field: "_Field", value: object) -> object:
        if value is None:
            if not field.optional:
                raise MalformedMessageError(f"{self._name}.{field.name} is None")
            return None
        return field.coding.write(value)

    def _read(self, field: "_Field", message: Message) -> object:
        if field.repeated or message.HasField(field.name):
            try:
                return field.coding.read(getattr(message, field.name))
            except MalformedMessageError:
                raise
            except (TypeError, ValueError, OverflowError) as error:
                raise MalformedMessageError(f"{self._name}.{field.name} is not valid") from error
        if field.default is not None:
            return field.default()
        if field.optional:
            return None
        raise MalformedMessageError(f"{self._name}.{field.name} is missing")


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    coding: _Coding
    repeated: bool
    optional: bool
    default: Callable[[], object] | None


def members_of(struct: type[msgspec.Struct]) -> list[Member]:
    """Return the members of a struct."""
    return [Member(each.name, each.type, _default_of(each)) for each in msgspec.structs.fields(struct)]


def plain_type(hint: object) -> tuple[object, bool]:
    """Return a type without its alias and its None, and whether None was in it."""
    while isinstance(hint, TypeAliasType):
        hint = hint.__value__
    if get_origin(hint) is Annotated:
        return plain_type(get_args(hint)[0])
    if get_origin(hint) not in (Union, UnionType):
        return hint, False
    rest = [each for each in get_args(hint) if each is not NoneType]
    if len(rest) != 1:
        raise TypeError(f"{hint} is one of several types, which no message is")
    return plain_type(rest[0])[0], True


def enum_names(enum: EnumDescriptor, values: Iterable[str]) -> dict[str, str]:
    """Return what each value of a Literal is called in the enum: CancelOutcome.Outcome has OUTCOME_NONE for `none`."""
    prefix = "".join(f"_{each}" if each.isupper() else each for each in enum.name).lstrip("_").upper()
    return {value: f"{prefix}_{value.upper()}" for value in values}


def _default_of(field: msgspec.structs.FieldInfo) -> Callable[[], object] | None:
    if field.default_factory is not msgspec.NODEFAULT:
        return cast("Callable[[], object]", field.default_factory)
    if field.default is msgspec.NODEFAULT:
        return None
    default: object = field.default
    return lambda: default


def _field(member: Member, descriptor: Descriptor) -> _Field:
    field = descriptor.fields_by_name.get(member.name)
    if field is None:
        raise TypeError(f"{descriptor.full_name} has no {member.name}")
    hint, optional = plain_type(member.hint)
    many = get_origin(hint) is tuple
    if field.is_repeated != (many and not optional) or not (field.is_repeated or field.has_presence):
        raise TypeError(f"{field.full_name} is repeated, or cannot be absent, and {member.hint} is otherwise")
    if not many:
        coding = _coding(hint, field)
    elif field.is_repeated:
        coding = _list_coding(hint, field)
    else:
        coding = _absent_list_coding(hint, field)
    return _Field(member.name, coding, field.is_repeated, optional, member.default)


def _list_coding(hint: object, field: FieldDescriptor) -> _Coding:
    kind, *rest = get_args(hint)
    kind, optional = plain_type(kind)
    if rest != [...] or optional or get_origin(kind) is tuple:
        raise TypeError(f"{field.full_name}: {hint} is no list of one type without None")
    each = _coding(kind, field)

    def write(values: Iterable[object]) -> list[object]:
        found = list(values)
        if None in found:
            raise MalformedMessageError(f"{field.full_name} has a None")
        return [each.write(value) for value in found]

    return _Coding(write, lambda values: tuple(each.read(value) for value in values))


def _absent_list_coding(hint: object, field: FieldDescriptor) -> _Coding:
    if field.message_type is None:
        raise TypeError(f"{field.full_name} is no message with `items`, and may be None")
    codec = MessageCodec([Member("items", hint)], field.message_type)
    return _Coding(lambda values: codec.write({"items": values}), lambda message: codec.read(message)["items"])


def _coding(kind: object, field: FieldDescriptor) -> _Coding:
    scalar = _SCALARS.get(kind)
    if get_origin(kind) is Literal:
        return _enum_coding(get_args(kind), field)
    if (
        kind is datetime
        and field.message_type is not None
        and field.message_type.full_name == "google.protobuf.Timestamp"
    ):
        return _Coding(_timestamp, _moment)
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct) and field.message_type is not None:
        return _struct_coding(kind, field.message_type)
    if scalar is None or scalar != field.type:
        raise TypeError(f"{field.full_name} cannot hold {kind}")
    if kind is UUID:
        return _Coding(_text_of_uuid, _uuid)
    return _Coding(_same(cast("type", kind)), _unchanged)


def _struct_coding(kind: type[msgspec.Struct], descriptor: Descriptor) -> _Coding:
    codec = MessageCodec(members_of(kind), descriptor)
    return _Coding(codec.write_struct, lambda message: kind(**codec.read(message)))


def _enum_coding(values: tuple[str, ...], field: FieldDescriptor) -> _Coding:
    enum = field.enum_type
    if enum is None:
        raise TypeError(f"{field.full_name} is no enum")
    names = enum_names(enum, values)
    known = {number.name: number.number for number in enum.values if number.number != 0}
    if set(names.values()) != set(known):
        raise TypeError(f"{enum.full_name} and the contract have other values: {set(names.values()) ^ set(known)}")
    numbers = {value: known[name] for value, name in names.items()}
    meanings = {number: value for value, number in numbers.items()}

    def write(value: object) -> int:
        try:
            return numbers[cast("str", value)]
        except KeyError:
            raise MalformedMessageError(f"{field.full_name} has no such value") from None

    def read(number: int) -> str:
        try:
            return meanings[number]
        except KeyError:
            raise MalformedMessageError(f"{field.full_name} has a value that is not known here: {number}") from None

    return _Coding(write, read)


def _same(kind: type) -> Change:
    def write(value: object) -> object:
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise MalformedMessageError(f"a {type(value).__name__} stands where a {kind.__name__} is due")
        return value

    return write


def _unchanged(value: object) -> object:
    return value


def _text_of_uuid(value: object) -> str:
    if not isinstance(value, UUID):
        raise MalformedMessageError(f"a {type(value).__name__} stands where a UUID is due")
    return str(value)


def _uuid(text: str) -> UUID:
    found = UUID(text)
    if str(found) != text:
        raise MalformedMessageError("a UUID is not in its normal form")
    return found


def _timestamp(value: object) -> Timestamp:
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise MalformedMessageError(f"a {type(value).__name__} stands where an aware moment is due")
    since = value - _EPOCH
    return Timestamp(seconds=since.days * 86_400 + since.seconds, nanos=since.microseconds * 1_000)


def _moment(timestamp: Timestamp) -> datetime:
    return _EPOCH + timedelta(seconds=timestamp.seconds, microseconds=timestamp.nanos // 1_000)
