"""What the payment service keeps about a person: its rows, and what Stripe told about their payments."""

from typing import override

from adapters.postgres.personal_data import PostgresPersonalData
from adapters.postgres.personal_data_plans import PAYMENTS
from adapters.postgres.pool import Pool, driver_errors_translated, rows_touched
from adapters.postgres.transactions import person_transaction
from ports.personal_data import Erasure, Person, PersonalData, Records


class PaymentData(PersonalData):
    """The rows as the app role; webhooks, which may have no organisation, as the relay role."""

    def __init__(self, app: Pool, relay: Pool) -> None:
        self._rows = PostgresPersonalData(app, PAYMENTS)
        self._app = app
        self._relay = relay

    @override
    async def collect(self, person: Person) -> Records:
        return await self._rows.collect(person)

    @override
    async def erase(self, person: Person) -> Erasure:
        erasure = await self._rows.erase(person)
        async with person_transaction(self._app, person.account_id) as connection:
            found = await connection.fetch(
                """
                select stripe_payment_intent_id as id from payments
                where account_id = $1 and stripe_payment_intent_id is not null
                """,
                person.account_id,
            )
        named = [f"%{row['id']}%" for row in found]
        if person.email is not None:
            named.append(f"%{person.email}%")
        if not named:
            return erasure
        # The row stays, so that the same webhook is still known to have come; what it said goes.
        async with driver_errors_translated():
            status = await self._relay.execute(
                """
                update payment_webhooks set body = '{}'
                where status in ('completed', 'failed') and body <> '{}' and body ilike any($1::text[])
                """,
                named,
            )
        count = rows_touched(status)
        return Erasure({**erasure.removed, "webhooks": count} if count else erasure.removed, erasure.kept)
