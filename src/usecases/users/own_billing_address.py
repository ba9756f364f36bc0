"""Read and replace where a person's bills go."""

from dataclasses import dataclass

from core.shared.errors import StaleVersionError
from core.users.billing_address import BillingAddress, PostalAddress
from core.users.errors import BillingAddressNotFoundError
from ports.clock import Clock
from ports.published.identity import VerifiedToken
from ports.users import UserTransactions
from usecases.users.person import must_not_be_erased, person_behind


@dataclass(frozen=True, slots=True)
class OwnBillingAddress:
    """For each person, about themselves."""

    users: UserTransactions
    clock: Clock

    async def read(self, bearer: VerifiedToken) -> BillingAddress:
        """Return the address.

        Raises BillingAddressNotFoundError where none was given, AccountOfPersonNeededError, PersonErasedError.
        """
        async with self.users.begin(person_behind(bearer)) as tx:
            await must_not_be_erased(tx)
            found = await tx.person.billing_address()
        if found is None:
            raise BillingAddressNotFoundError("You gave no billing address.")
        return found

    async def replace(
        self, address: PostalAddress, *, expected_version: int | None, bearer: VerifiedToken
    ) -> BillingAddress:
        """Return the address as it is now. The first one has no version before it: `expected_version` is None then.

        Raises StaleVersionError, for a second address that knows of no first as well, and those of `read` but the
        first.
        """
        account_id = person_behind(bearer)
        now = self.clock.now()
        async with self.users.begin(account_id) as tx:
            await must_not_be_erased(tx)
            found = await tx.person.billing_address()
            if found is None:
                if expected_version is not None:
                    raise StaleVersionError("There is no billing address any more.")
                return await tx.person.put_billing_address(BillingAddress.first(account_id, address, now=now))
            if expected_version is None:
                raise StaleVersionError(f"There is an address at version {found.version}; send its ETag in If-Match.")
            return await tx.person.put_billing_address(
                found.changed(address, expected_version=expected_version, now=now)
            )
