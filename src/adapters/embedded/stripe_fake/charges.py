"""Charges: the money comes, Stripe takes its fee, and a destination gets its part."""

from adapters.embedded.stripe_fake.account_objects import APPLICATION
from adapters.embedded.stripe_fake.books import Books, charge_fee
from adapters.embedded.stripe_fake.events import Announce
from adapters.embedded.stripe_fake.ledger import Ledger
from adapters.embedded.stripe_fake.methods import FatedMethod
from adapters.embedded.stripe_fake.money_objects import new_charge
from adapters.embedded.stripe_fake.objects import StripeDict, empty_list, new_id, now
from adapters.embedded.stripe_fake.transfers import Transfers, new_transfer


class Charges:
    """Makes the charges of intents."""

    def __init__(self, ledger: Ledger, announce: Announce, books: Books, transfers: Transfers) -> None:
        self._ledger = ledger
        self._announce = announce
        self._books = books
        self._transfers = transfers

    def capture(self, intent: StripeDict) -> StripeDict:
        """Take the money of an intent, and return the charge.

        It is booked after it was announced, as with asynchronous capture: `charge.succeeded` has no balance transaction
        yet, `charge.updated` has.
        """
        charge = self._ledger.put("charges", new_charge(intent))
        self._announce("charge.succeeded", charge)
        before, charge = charge, dict(charge)
        entry = self._books.enter("charge", charge["amount"], source=charge, fee=charge_fee(charge["amount"]))
        charge["balance_transaction"] = entry["id"]
        if charge["transfer_data"] is not None:
            self._share(charge)
        self._ledger.put("charges", charge)
        self._announce("charge.updated", charge, before=before)
        return charge

    def fail(self, intent: StripeDict, method: FatedMethod) -> StripeDict:
        """Note that the bank refused, and return the charge."""
        charge = new_charge(intent, failure=(method.code, method.decline_code, method.message))
        self._ledger.put("charges", charge)
        self._announce("charge.failed", charge)
        return charge

    def _share(self, charge: StripeDict) -> None:
        """Transfer all of it, or `transfer_data[amount]`, to the destination, which gives the application its fee."""
        share = charge["transfer_data"]
        amount = charge["amount"] if share["amount"] is None else share["amount"]
        transfer = self._transfers.send(
            new_transfer(
                amount=amount,
                currency=charge["currency"],
                destination=share["destination"],
                source=charge["id"],
                group=charge["transfer_group"],
            )
        )
        charge["transfer"] = transfer["id"]
        if charge["application_fee_amount"]:
            fee = _new_application_fee(charge, transfer)
            fee["balance_transaction"] = self._books.enter("application_fee", fee["amount"], source=fee)["id"]
            self._ledger.put("application_fees", fee)
            self._announce("application_fee.created", fee)
            charge["application_fee"] = fee["id"]


def _new_application_fee(charge: StripeDict, transfer: StripeDict) -> StripeDict:
    """Make the fee, which the destination pays out of its payment `py_…`; the platform's charge is its origin."""
    fee_id = new_id("fee")
    return {
        "id": fee_id,
        "object": "application_fee",
        "account": transfer["destination"],
        "amount": charge["application_fee_amount"],
        "amount_refunded": 0,
        "application": APPLICATION,
        "balance_transaction": None,
        "charge": transfer["destination_payment"],
        "created": now(),
        "currency": charge["currency"],
        "fee_source": {"type": "charge", "charge": transfer["destination_payment"]},
        "livemode": False,
        "originating_transaction": charge["id"],
        "refunded": False,
        "refunds": empty_list(f"/v1/application_fees/{fee_id}/refunds"),
    }
