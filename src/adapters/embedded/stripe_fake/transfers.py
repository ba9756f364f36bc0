"""Transfers to connected accounts: made with a charge by itself, or by the platform afterwards, and taken back."""

from copy import deepcopy

from adapters.embedded.stripe_fake import forms
from adapters.embedded.stripe_fake.books import Books
from adapters.embedded.stripe_fake.errors import StripeFakeError, impossible, invalid, missing
from adapters.embedded.stripe_fake.events import Announce
from adapters.embedded.stripe_fake.forms import Params
from adapters.embedded.stripe_fake.ledger import Ledger
from adapters.embedded.stripe_fake.lists import paged
from adapters.embedded.stripe_fake.objects import StripeDict, empty_list, new_id, now

CREATE = (
    "amount",
    "currency",
    "destination",
    "description",
    "metadata[*]",
    "source_transaction",
    "source_type",
    "transfer_group",
)
UPDATE = ("description", "metadata[*]")
REVERSE = ("amount", "description", "metadata[*]", "refund_application_fee")


class Transfers:
    """Money that goes from the platform's balance to a connected account.

    One with a source never sends more than its charge brought; one without never more than the balance has.
    """

    def __init__(self, ledger: Ledger, announce: Announce, books: Books) -> None:
        self._ledger = ledger
        self._announce = announce
        self._books = books
        self._refusals: list[str] = []

    def create(self, params: Params) -> StripeDict:
        """Send money to an account that has the capability for it."""
        forms.only(params, *CREATE)
        amount = _positive(params)
        currency = forms.required(params, "currency").lower()
        destination = forms.required(params, "destination")
        source_type = forms.one_of(params, "source_type", "bank_account", "card", "fpx") or "card"
        metadata = forms.metadata(params)
        account = self._ledger.find("accounts", destination)
        if account is None:
            raise missing("destination", destination, param="destination")
        if self._refusals:
            raise impossible(self._refusals.pop(0))
        if account["capabilities"].get("transfers") != "active":
            raise impossible(
                "Your destination account needs to have at least one of the following capabilities enabled: "
                "transfers, crypto_transfers, legacy_payments",
                code="insufficient_capabilities_for_transfer",
            )
        group = forms.text(params, "transfer_group")
        source = forms.text(params, "source_transaction")
        if source is not None:
            group = self._checked_source(source, amount=amount, currency=currency, group=group)
        elif amount > self._balance(currency):
            raise impossible(
                "You have insufficient available funds in your Stripe account. Try adding funds directly to your "
                "available balance by creating Charges using the 4000000000000077 test card.",
                code="balance_insufficient",
            )
        transfer = new_transfer(
            amount=amount, currency=currency, destination=destination, source=source, group=group
        ) | {"description": forms.text(params, "description"), "metadata": metadata, "source_type": source_type}
        return self.send(transfer)

    def send(self, transfer: StripeDict) -> StripeDict:
        """Book a new transfer, and tell of it."""
        transfer["balance_transaction"] = self._books.enter("transfer", -transfer["amount"], source=transfer)["id"]
        self._ledger.put("transfers", transfer)
        self._announce("transfer.created", transfer)
        return transfer

    def update(self, transfer_id: str, params: Params) -> StripeDict:
        """Change what says something about it."""
        forms.only(params, *UPDATE)
        before = self._ledger.get("transfers", transfer_id, param="transfer")
        transfer = deepcopy(before) | {"metadata": forms.metadata(params, kept=before["metadata"])}
        if "description" in params:
            transfer["description"] = forms.text(params, "description")
        self._ledger.put("transfers", transfer)
        self._announce("transfer.updated", transfer, before=before)
        return transfer

    def reverse(self, transfer_id: str, params: Params) -> StripeDict:
        """Take a transfer back, or a part of it."""
        forms.only(params, *REVERSE)
        transfer = self._ledger.get("transfers", transfer_id, param="transfer")
        left = transfer["amount"] - transfer["amount_reversed"]
        amount = _positive(params) if "amount" in params else left
        metadata = forms.metadata(params)
        if forms.flag(params, "refund_application_fee"):
            raise invalid("The stand-in gives application fees back with refunds only.", param="refund_application_fee")
        if self._refusals:
            raise impossible(self._refusals.pop(0))
        if left == 0:
            raise impossible(f"Transfer {transfer_id} has already been fully reversed.")
        if amount > left:
            raise impossible(
                f"Transfer reversal amount ({amount}) is greater than unreversed amount on transfer ({left})",
                param="amount",
            )
        return self.take_back(transfer_id, amount=amount, metadata=metadata)

    def take_back(
        self, transfer_id: str, *, amount: int, metadata: dict[str, str], refund_id: str | None = None
    ) -> StripeDict:
        """Book that so much came back, and return the reversal; `refund_id` is the refund that it came for."""
        transfer = deepcopy(self._ledger.get("transfers", transfer_id))
        reversal: StripeDict = {
            "id": new_id("trr"),
            "object": "transfer_reversal",
            "amount": amount,
            "balance_transaction": None,
            "created": now(),
            "currency": transfer["currency"],
            "destination_payment_refund": new_id("pyr"),
            "metadata": metadata,
            "source_refund": refund_id,
            "transfer": transfer["id"],
        }
        reversal["balance_transaction"] = self._books.enter("transfer_refund", amount, source=reversal)["id"]
        transfer["amount_reversed"] += amount
        transfer["reversed"] = transfer["amount_reversed"] == transfer["amount"]
        transfer["reversals"]["data"].insert(0, reversal)
        transfer["reversals"]["total_count"] += 1
        self._ledger.put("transfer_reversals", reversal)
        self._ledger.put("transfers", transfer)
        self._announce("transfer.reversed", transfer)
        return reversal

    def reversals(self, transfer_id: str, params: Params) -> StripeDict:
        """Return a page of what came back of a transfer, the newest first."""
        forms.only(params, "limit", "starting_after", "ending_before")
        found = self._ledger.get("transfers", transfer_id, param="transfer")["reversals"]["data"]
        return paged(list(found), params, url=f"/v1/transfers/{transfer_id}/reversals", filters=())

    def refuse(self, message: str, *, times: int) -> None:
        """Let the next transfers, or reversals, be refused for this reason."""
        self._refusals = [message] * times

    def _checked_source(self, source: str, *, amount: int, currency: str, group: str | None) -> str | None:
        """Return the transfer group; raises for a charge that brought less, or something else."""
        charge = self._ledger.get("charges", source, param="source_transaction")
        if not charge["captured"]:
            raise impossible(f"Charge {source} has not been captured.", param="source_transaction")
        if charge["currency"] != currency:
            raise impossible(
                f"The currency of source_transaction's balance transaction ({charge['currency']}) must be the same as "
                f"the transfer currency ({currency})",
                param="currency",
            )
        if group is not None and charge["transfer_group"] not in {None, group}:
            raise impossible(
                "The transfer_group of a transfer must be that of its source_transaction.", param="transfer_group"
            )
        sent = sum(one["amount"] for one in self._ledger.all("transfers") if one["source_transaction"] == source)
        if sent + amount > charge["amount_captured"]:
            raise impossible(
                "Cannot use the source_transaction: the sum of its transfers would be more than the amount of the "
                "charge.",
                param="source_transaction",
            )
        group = charge["transfer_group"] or group or f"group_{charge['payment_intent']}"
        self._ledger.put("charges", charge | {"transfer_group": group})
        return group

    def _balance(self, currency: str) -> int:
        entries = self._ledger.all("balance_transactions")
        return sum(entry["net"] for entry in entries if entry["currency"] == currency)


def new_transfer(*, amount: int, currency: str, destination: str, source: str | None, group: str | None) -> StripeDict:
    """Make a transfer that is not booked yet."""
    transfer_id = new_id("tr")
    return {
        "id": transfer_id,
        "object": "transfer",
        "amount": amount,
        "amount_reversed": 0,
        "balance_transaction": None,
        "created": now(),
        "currency": currency,
        "description": None,
        "destination": destination,
        "destination_payment": new_id("py"),
        "livemode": False,
        "metadata": {},
        "reversals": empty_list(f"/v1/transfers/{transfer_id}/reversals"),
        "reversed": False,
        "source_transaction": source,
        "source_type": "card",
        "transfer_group": group,
    }


def _positive(params: Params) -> int:
    amount = forms.integer(params, "amount")
    if amount is None:
        raise _required("amount")
    if amount <= 0:
        raise invalid("Invalid positive integer", param="amount", code="parameter_invalid_integer")
    return amount


def _required(name: str) -> StripeFakeError:
    return invalid(f"Missing required param: {name}.", param=name, code="parameter_missing")
