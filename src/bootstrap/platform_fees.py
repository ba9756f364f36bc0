"""The platform's fees at the command line."""

from uuid import UUID

from rich.console import Console

from bootstrap.settings import Settings, SettingsError
from bootstrap.topology import platform_beside
from core.payments.platform_fee import PlatformFee
from core.shared.errors import InvalidInputError
from core.shared.ids import TenantId
from usecases.payments.agree_platform_fee import AgreePlatformFee


async def agree_platform_fee(
    settings: Settings,
    organisation_id: UUID,
    basis_points: int | None,
    fixed_minor: int | None,
    *,
    usual: bool,
    console: Console,
) -> None:
    """Print the fee that holds, after having agreed on another one where one is given; what is left out of it is 0.

    Raises SettingsError for a fee that cannot be.
    """
    given = basis_points is not None or fixed_minor is not None
    if given and usual:
        raise SettingsError("Give a fee, or --usual, and not both.")
    platform = platform_beside(settings, "payment")
    try:
        usecase = await platform.containers["payment"].get(AgreePlatformFee)
        if given:
            wanted = PlatformFee(basis_points=basis_points or 0, fixed_minor=fixed_minor or 0)
            fee = await usecase(TenantId(organisation_id), wanted)
        elif usual:
            fee = await usecase(TenantId(organisation_id), None)
        else:
            fee = await usecase.current(TenantId(organisation_id))
    except InvalidInputError as error:
        raise SettingsError(error.message) from error
    finally:
        await platform.close()
    share = f"{fee.basis_points / 100:.2f} % of each payment"
    console.print(f"{organisation_id}: {share}, and {fee.fixed_minor} in its minor units", highlight=False)
