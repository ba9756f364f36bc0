"""What the stories of a checkout choose from."""

from hypothesis import strategies as st

from core.orders.box_office import Settlement
from tests.checkout_faults import Blow
from tests.checkout_world import SEATS

MOMENTS_MAX = 45
picks = st.integers(0, 59)
rarely = st.integers(0, 7).map(lambda number: number == 0)
often = st.integers(0, 3).map(lambda number: number > 0)
blows = st.one_of(
    st.none(),
    st.builds(Blow, st.sampled_from(["dies", "fails"]), st.integers(1, 6)),
    st.builds(Blow, st.sampled_from(["dies", "dies", "fails"]), st.integers(1, MOMENTS_MAX)),
)
seats = st.lists(st.integers(0, SEATS - 1), max_size=3, unique=True)
vouchers = st.sampled_from([None] * 7 + ["GIFT", "TENTH", "NONE"])
settlements = st.sampled_from([None] * 10 + list(Settlement))
DEEDS = ("pay", "pay", "pay", "decline", "process", "cancel", "refund")
EVENTS = ("payment_intent.succeeded", "payment_intent.processing", "payment_intent.payment_failed", "charge.refunded")
LAPSES_S = (1, 30, 121, 300, 599, 601, 899, 961, 2_700, 4_000, 7_300)
SHARES = (50, 90, 100, 130)
BUYINGS = ("hold", "give back", "place", "pay", "pay", "bank", "bank", "reissue", "reissue", "reissue")
DISPUTES = ("open", "open", "inquire", "win", "lose", "lose", "hear")
