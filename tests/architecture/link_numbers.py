"""Every number that a field of a message between services was ever given: `make protos` adds new ones, none goes."""

import json
from collections.abc import Iterator
from pathlib import Path

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor, FileDescriptor
from google.protobuf.descriptor_pb2 import DescriptorProto, EnumDescriptorProto, FieldDescriptorProto

from adapters.grpc.contracts import FILES
from adapters.grpc.protos import refusals_pb2

GIVEN = Path(__file__).with_name("link_numbers.json")

type Numbers = dict[str, dict[str, str]]
"""By the full name of a message or enum, and the name in it: the number, and what kind of field has it."""


def given() -> Numbers:
    """Return all that were ever given."""
    found: Numbers = json.loads(GIVEN.read_text())
    return found


def present() -> Numbers:
    """Return those of the messages as they are."""
    numbers: Numbers = {}
    for file in _files():
        for message in _messages(file):
            numbers[message.full_name] = {each.name: f"{each.number} {_kind(each)}" for each in message.fields}
        for enum in _enums(file):
            numbers[enum.full_name] = {each.name: f"{each.number} value" for each in enum.values}
    return numbers


def reserved() -> dict[str, set[int]]:
    """Return the numbers that nothing may have any more, by the full name of the message or enum."""
    numbers: dict[str, set[int]] = {}
    for file in _files():
        for message in _messages(file):
            whole = DescriptorProto()
            message.CopyToProto(whole)
            numbers[message.full_name] = {n for each in whole.reserved_range for n in range(each.start, each.end)}
        for enum in _enums(file):
            listed = EnumDescriptorProto()
            enum.CopyToProto(listed)
            numbers[enum.full_name] = {n for each in listed.reserved_range for n in range(each.start, each.end + 1)}
    return numbers


def broken(given: Numbers, present: Numbers, reserved: dict[str, set[int]]) -> list[str]:
    """Say what of a message that still is there has another number or kind than before, or left its number free."""
    faults: list[str] = []
    for name, before in given.items():
        if name not in present:
            continue
        for field, number in before.items():
            now = present[name].get(field)
            if now is None and int(number.split()[0]) not in reserved[name]:
                faults.append(f"{name}.{field} is gone: let the message say `reserved {number.split()[0]}`")
            elif now not in (None, number):
                faults.append(f"{name}.{field} was {number} and is {now}")
    return faults


def merged(given: Numbers, present: Numbers) -> Numbers:
    """Return all that were given, with the new ones."""
    return {name: given.get(name, {}) | present.get(name, {}) for name in sorted(given.keys() | present.keys())}


def _files() -> list[FileDescriptor]:
    files = {file.name: file for file in (*FILES.values(), refusals_pb2.DESCRIPTOR)}
    return [files[name] for name in sorted(files)]


def _messages(file: FileDescriptor) -> Iterator[Descriptor]:
    yield from file.message_types_by_name.values()


def _enums(file: FileDescriptor) -> Iterator[EnumDescriptor]:
    yield from file.enum_types_by_name.values()
    for message in _messages(file):
        yield from message.enum_types


def _kind(field: FieldDescriptor) -> str:
    held = field.message_type or field.enum_type
    kinds: dict[int, str] = {number: name for name, number in FieldDescriptorProto.Type.items()}
    kind = held.full_name if held is not None else kinds[field.type].removeprefix("TYPE_").lower()
    return f"repeated {kind}" if field.is_repeated else kind


if __name__ == "__main__":
    GIVEN.write_text(json.dumps(merged(given() if GIVEN.exists() else {}, present()), indent=1) + "\n")
