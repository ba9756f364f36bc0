"""What several options of the command line mean."""

from pathlib import Path

from bootstrap.needs import SERVICES
from bootstrap.settings import SettingsError


def chosen_services(services: str | None) -> tuple[str, ...]:
    """Return the names of services that are given with commas between, or of all; raises SettingsError."""
    if services is None:
        return SERVICES
    names = tuple(name for word in services.split(",") if (name := word.strip()))
    if unknown := [name for name in names if name not in SERVICES]:
        raise SettingsError(f"--services: {unknown[0]!r} is no service; there are {', '.join(SERVICES)}.")
    if not names:
        raise SettingsError(f"--services: name at least one of {', '.join(SERVICES)}.")
    return names


def stripe_stand_in(folder: Path) -> str:
    """Return the address of the Stripe stand-in of `fairseat up` in a folder; raises SettingsError."""
    try:
        return f"http://127.0.0.1:{int((folder / 'stripe' / 'port').read_text())}"
    except (OSError, ValueError):
        raise SettingsError(f"{folder} is not the folder of `fairseat up`; name it, or give --stripe-url.") from None
