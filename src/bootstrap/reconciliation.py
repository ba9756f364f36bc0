"""The comparison of Stripe's balance with the ledger, at the command line."""

from datetime import date

from rich.console import Console
from rich.table import Table

from bootstrap.settings import Settings, SettingsError
from bootstrap.topology import platform_beside
from core.shared.errors import DomainError
from usecases.payments.reconcile_day import DayReconciled, ReconcileDay


async def reconcile_day(settings: Settings, day: date, console: Console) -> int:
    """Print what differs and return the exit status: 0 when nothing does, else 1.

    Raises SettingsError with the reason when Stripe refuses to be asked.
    """
    platform = platform_beside(settings, "payment")
    try:
        reconcile = await platform.containers["payment"].get(ReconcileDay)
        found = await reconcile(day)
    except DomainError as error:
        raise SettingsError(error.message) from error
    finally:
        await platform.close()
    print_differences(found, day, console)
    return 1 if found.differences else 0


def print_differences(found: DayReconciled, day: date, console: Console) -> None:
    """Print one line, and a table of the differences where there are any."""
    summary = (
        f"{day}: {found.movements} movements, {found.fees_booked} fees booked, {len(found.differences)} differences"
    )
    console.print(summary, highlight=False)
    if not found.differences:
        return
    table = Table("difference", "movement", "at Stripe", "booked", "Stripe says", box=None)
    table.columns[2].no_wrap = True  # to be copied
    for one in found.differences:
        booked, told = (str(side) if side is not None else "" for side in (one.booked, one.at_provider))
        table.add_row(one.kind, one.movement, one.ref, booked, told)
    console.print(table)
