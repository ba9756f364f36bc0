"""Resale in the stories of a checkout: passes are listed, bought, given back, ordered, and sold again."""

from typing import override

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from core.admission.code import CodeClaims, SignedCode
from core.admission.passes import Pass, PassStatus
from core.orders.content import ResaleLine
from core.orders.order import Order
from core.orders.reservations import ReservationKind
from core.payments.payout import PayoutStatus
from core.resale.market.listing import Listing
from core.shared.callers import Caller
from core.shared.ids import ListingId
from core.shared.money import Money
from ports.admission import AdmissionTransactions, PassSigner
from ports.paging import PAGE_SIZE_MAX, PageRequest
from ports.payments import PaymentTransactions
from tests.checkout_choices import BUYINGS, SHARES, blows, often, picks, rarely
from tests.checkout_disputes import Disputes
from tests.checkout_faults import Blow
from tests.checkout_market_picture import listings_of
from tests.checkout_promises import BrokenPromiseError
from tests.checkout_world import BUYERS, STAFF, TENANT, Wish, asking
from usecases.admission.scan_pass import ScanPass
from usecases.orders.place_order import HoldToOrder
from usecases.payments.settle_payout_by_hand import SettlePayoutByHand
from usecases.resale.buy_listing import BuyListing, GiveBackPurchase, NewPurchase
from usecases.resale.cancel_listing import CancelListing
from usecases.resale.create_listing import CreateListing

WHO = {each.account_id: each for each in BUYERS}


class CheckoutMachine(Disputes):
    """Purchases, refunds and disputes, also of passes that change hands meanwhile."""

    @precondition(lambda self: self.orders)
    @rule(
        pick=picks,
        any_pass=rarely,
        share=st.sampled_from(SHARES),
        who=picks,
        depth=st.sampled_from([None, None, *BUYINGS]),
        blow=blows,
        again=often,
    )
    def list_pass(
        self, pick: int, any_pass: bool, share: int, who: int, depth: str | None, blow: Blow | None, again: bool
    ) -> None:
        """Let a holder list a pass, for so many hundredths of its face value; somebody may begin to buy it at once."""
        passes = self.run(self.passes())
        able = [each for each in passes if (each.status is PassStatus.VALID and each.offer is None) or any_pass]
        if not able:
            return
        sold = able[-1 - pick % len(able)]
        price = Money(sold.face_value.amount_minor * share // 100, sold.face_value.currency)
        for each in (blow, None)[: 1 + again]:
            command = asking("venue", CreateListing, WHO[sold.account_id], sold.id, price, seller_trader=False)
            listed = self.run(self.checkout.attempt("list", command, each))
            if listed is not None and depth is not None:
                self.begin_to_buy([listed.listing], who, depth, None, None, again)
            if listed is not None:
                return

    @precondition(lambda self: self.orders)
    @rule(pick=picks, by_staff=rarely, blow=blows)
    def take_off(self, pick: int, by_staff: bool, blow: Blow | None) -> None:
        """Take a pass off the market, if nobody has ordered it."""
        listing = self.a_listing(pick)
        if listing is not None:
            caller = STAFF if by_staff else WHO[listing.seller_id]
            self.run(self.checkout.attempt("cancel listing", asking("venue", CancelListing, caller, listing.id), blow))

    @precondition(lambda self: self.orders)
    @rule(
        pick=picks, who=picks, two=rarely, depth=st.sampled_from(BUYINGS), blow=blows, when=st.booleans(), again=often
    )
    def buy_listed(
        self, pick: int, who: int, two: bool, depth: str, blow: Blow | None, when: bool, again: bool
    ) -> None:
        """Begin to buy passes of others, and come so far with it; the blow falls while they are kept, or later."""
        wanted = [each for each in [self.a_listing(pick), self.a_listing(pick + 1)] if each is not None]
        if wanted:
            early, late = (blow, None) if when else (None, blow)
            self.begin_to_buy(wanted[: 1 + two], who, depth, early, late, again)

    def begin_to_buy(
        self, wanted: list[Listing], who: int, depth: str, early: Blow | None, blow: Blow | None, again: bool
    ) -> None:
        """Let somebody buy what another sells, up to here."""
        others, checkout = [each for each in BUYERS if each.account_id != wanted[0].seller_id], self.checkout
        buyer = others[who % len(others)]
        bought = [self.buy_one(buyer, id, early) for id in dict.fromkeys(each.id for each in wanted)]
        found = [each for each in bought if each is not None]
        if not found or depth == "hold":
            return
        if depth == "give back":
            give_back = asking("venue", GiveBackPurchase, buyer, found[0].purchase.id, hold_token=found[0].hold_token)
            self.run(checkout.attempt("give back", give_back, blow))
            return
        held = tuple(HoldToOrder(each.purchase.id, each.hold_token, ReservationKind.RESALE) for each in found)
        wish = Wish(buyer, held)
        order = self.run(checkout.order(wish, blow))
        if order is None and again:
            order = self.run(checkout.order(wish))
        self.note(wish)
        if order is None or depth == "place":
            return
        self.run(checkout.pay(order.id, buyer, blow))
        if depth in {"bank", "reissue"}:
            self.bank(1, "pay", 1, None)
        if depth == "reissue":
            self.go_on(3, who, False, blow)

    @precondition(lambda self: self.orders)
    @rule(pick=picks)
    def scan(self, pick: int) -> None:
        """Show the code of some pass at the gate: an offered one, and one that is not valid, admit nobody."""
        passes = self.run(self.passes())
        if not passes or pick % 3:
            return
        shown = passes[-1 - pick // 3 % len(passes)]
        command = asking("admission", ScanPass, STAFF, self.run(self.code_of(shown)), gate="north")
        answer = self.run(self.checkout.attempt("scan", command))
        if answer.scan.admitted and not (shown.status is PassStatus.VALID and shown.offer is None):
            raise BrokenPromiseError(f"pass {shown.id} is {shown.status}, offered by {shown.offer}, and admits")

    @precondition(lambda self: self.orders)
    @rule(pick=picks, blow=blows)
    def give_by_hand(self, pick: int, blow: Blow | None) -> None:
        """Let staff give a seller the money that is owed."""
        owed = self.run(self.owed_payouts())
        if owed:
            command = asking("payment", SettlePayoutByHand, STAFF, owed[pick % len(owed)], note="in cash")
            self.run(self.checkout.attempt("by hand", command, blow))

    def buy_one(self, buyer: Caller, listing_id: ListingId, blow: Blow | None = None) -> NewPurchase | None:
        """Let a buyer have a listing kept."""
        command = asking("venue", BuyListing, buyer, listing_id)
        bought: NewPurchase | None = self.run(self.checkout.attempt("buy listing", command, blow))
        return bought

    @override
    def rival_wants(self, order: Order, rival: Caller, places: int) -> None:
        super().rival_wants(order, rival, places)
        for item in order.content.items if order.content is not None else ():
            if isinstance(item, ResaleLine):
                self.buy_one(rival, item.listing_id)

    def a_listing(self, pick: int) -> Listing | None:
        """Return one, the youngest first; mostly one that lives, if there is any."""
        listings = self.run(listings_of(self.checkout.observer))
        live = [each for each in listings if each.is_live and pick % 4]
        found = live or listings
        return found[-1 - pick % len(found)] if found else None

    async def passes(self) -> list[Pass]:
        """Every pass, oldest first."""
        found: list[Pass] = []
        async with (await self.checkout.observer.get("admission", AdmissionTransactions)).begin(TENANT) as tx:
            for account_id in WHO:
                page = await tx.passes.page(PageRequest(PAGE_SIZE_MAX), account_id=account_id, status=None)
                found += page.items
        return sorted(found, key=lambda each: each.id)

    async def code_of(self, shown: Pass) -> str:
        """Return the code that the pass has whenever it shows one: somebody may have kept it."""
        watch = self.checkout.observer
        async with (await watch.get("admission", AdmissionTransactions)).begin(TENANT) as tx:
            key = await tx.keys.of_ticket(shown.event.ticket_id)
        assert key is not None, "whoever issues a pass makes its key first"
        claims = CodeClaims(key.key_id, shown.id, shown.revision)
        signer = await watch.get("admission", PassSigner)
        return str(SignedCode(claims, signer.sign(TENANT, key, claims.signed_bytes)))

    async def owed_payouts(self) -> list[object]:
        """Return the ids of what is owed to sellers."""
        async with (await self.checkout.observer.get("payment", PaymentTransactions)).begin(TENANT) as tx:
            page = await tx.payouts.page(PageRequest(PAGE_SIZE_MAX), status=PayoutStatus.OWED)
        return [each.id for each in page.items]
