"""IdentityApi within one process."""

from typing import override
from uuid import UUID

from adapters.inprocess.refusals import refusals_translated
from core.shared.ids import AccountId
from ports.published.identity import IdentityApi, PersonsApi
from usecases.identity.confirm_erasure import ConfirmErasure
from usecases.identity.email_of_account import EmailOfAccount


class InProcessIdentity(IdentityApi):
    """Calls the use case of identity."""

    def __init__(self, email_of: EmailOfAccount) -> None:
        self._email_of = email_of

    @override
    async def email_of(self, *, account_id: UUID) -> str | None:
        async with refusals_translated():
            email = await self._email_of(AccountId(account_id))
        return email.address if email is not None else None


class InProcessPersons(PersonsApi):
    """Calls the use case of identity."""

    def __init__(self, confirm: ConfirmErasure) -> None:
        self._confirm = confirm

    @override
    async def confirm_erasure(
        self, *, account_id: UUID, password: str, totp_code: str | None, address: str | None
    ) -> None:
        async with refusals_translated():
            await self._confirm(AccountId(account_id), password=password, totp_code=totp_code, address=address)
