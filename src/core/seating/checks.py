"""What looks odd about a layout beside its ticket, its venue and the limit of an order."""

from core.seating.layout import LayoutDraft
from core.seating.places import SectionKind, TableSale
from core.shared.errors import Problem


def size_warnings(draft: LayoutDraft, *, quota: int, venue_capacity: int, seats_max_per_order: int) -> list[Problem]:
    """Return a warning for each number that does not fit another; pointers are into the plan."""
    warnings: list[Problem] = []
    seats, standing = draft.seats_count, draft.ga_capacity
    if seats != quota:
        warnings.append(Problem("/seats", f"The plan has {seats} seats, and the ticket's quota is {quota}."))
    if seats + standing > venue_capacity:
        beside = f" and takes {standing} people beside them" if standing else ""
        text = f"The plan has {seats} seats{beside}, and the venue admits {venue_capacity} people."
        warnings.append(Problem("/seats", text))
    for at, section in enumerate(draft.sections):
        if section.kind is SectionKind.GA and section.ticket_id is None:
            text = f"No ticket sells section {section.name!r}, which is for general admission."
            warnings.append(Problem(f"/sections/{at}/ticketId", text))
        for table, size in _whole_tables(draft, at).items():
            if size > seats_max_per_order:
                text = (
                    f"Table {table!r} in section {section.name!r} is sold as a whole and has {size} seats, and an "
                    f"order may have {seats_max_per_order}."
                )
                warnings.append(Problem("/maxSeatsPerOrder", text))
    return warnings


def _whole_tables(draft: LayoutDraft, at: int) -> dict[str, int]:
    sizes: dict[str, int] = {}
    for seat in draft.sections[at].seats:
        if seat.table is not None and seat.table.sale is TableSale.WHOLE:
            sizes[seat.table.name] = sizes.get(seat.table.name, 0) + 1
    return sizes
