"""Words for the parts of a layout: kinds of sections, tables, and points of the drawing."""

from dataclasses import dataclass
from enum import StrEnum


class SectionKind(StrEnum):
    """Whether people in a section have seats, or stand where they like (general admission)."""

    SEATED = "seated"
    GA = "ga"


class TableSale(StrEnum):
    """How the seats of a table are sold: one by one, or all of them to one buyer."""

    BY_SEAT = "by_seat"
    WHOLE = "whole"


@dataclass(frozen=True, slots=True)
class Table:
    """A table of one section; another section may have one of the same name."""

    name: str
    sale: TableSale = TableSale.BY_SEAT


@dataclass(frozen=True, slots=True)
class Point:
    """A place in the drawing, in the plan's own units; y grows downwards."""

    x: float
    y: float
