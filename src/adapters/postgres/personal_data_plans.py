"""What each database keeps about one person: which rows, and what becomes of them when the person is forgotten.

A new table, or column, that says something of a person gets its line here; a test that looks for a forgotten person in
every table fails until it has one.
"""

from adapters.postgres.personal_data import PersonPlan, PersonRows
from ports.published.personal_data import KeptRecord

_MONEY = "bookkeeping and tax law keep records of sales for years (GDPR, article 17 (3) b); they name nobody any more"

ORDERS = PersonPlan(
    rows=(
        PersonRows(
            kind="orders",
            table="orders",
            finds="t.account_id = $1",
            mine="t.account_id = $2",
            shown="to_jsonb(t) - 'tenant_id' || jsonb_build_object('organisation', t.tenant_id)",
            clears="contact_email = null, contact_name = null, sale_note = null",
            unless="num_nonnulls(t.contact_email, t.contact_name, t.sale_note) = 0",
        ),
        PersonRows(
            kind="ordersThatNameMe",
            table="orders",
            finds="lower(t.contact_email) = $2",
            mine="t.account_id <> $2 and lower(t.contact_email) = $3",
            shown="jsonb_build_object('id', t.id, 'contact_email', t.contact_email, 'contact_name', t.contact_name)",
            clears="contact_email = null, contact_name = null",
        ),
        PersonRows(
            kind="orderItems",
            table="order_items",
            mine="exists (select from orders o where (o.tenant_id, o.id) = (t.tenant_id, t.order_id) "
            "and o.account_id = $2)",
        ),
        PersonRows(
            kind="orderHistory",
            table="order_history",
            mine="exists (select from orders o where (o.tenant_id, o.id) = (t.tenant_id, t.order_id) "
            "and o.account_id = $2)",
        ),
        PersonRows(
            kind="refunds",
            table="order_refunds",
            finds="t.account_id = $1",
            # Staff may have asked for it, and noted what the person said.
            mine="t.account_id = $2 or exists (select from orders o "
            "where (o.tenant_id, o.id) = (t.tenant_id, t.order_id) and o.account_id = $2)",
            clears="note = ''",
            unless="t.note = ''",
        ),
        PersonRows(kind="voucherUses", table="voucher_redemptions", mine="t.account_id = $2"),
        PersonRows(
            kind="voucherMisses",
            table="voucher_misses",
            finds="t.account_id = $1",
            mine="t.account_id = $2",
            deletes=True,
        ),
    ),
    kept=(KeptRecord(what="orders, their items, prices, taxes and refunds", why=_MONEY),),
)

PAYMENTS = PersonPlan(
    rows=(
        PersonRows(
            kind="payments",
            table="payments",
            finds="t.account_id = $1",
            mine="t.account_id = $2",
        ),
        PersonRows(
            kind="refunds",
            table="refunds",
            mine="exists (select from payments p where (p.tenant_id, p.id) = (t.tenant_id, t.payment_id) "
            "and p.account_id = $2)",
        ),
        PersonRows(
            kind="payouts",
            table="payouts",
            finds="t.seller_account_id = $1",
            mine="t.seller_account_id = $2",
            clears="note = null",
            unless="t.note is null",
        ),
        PersonRows(
            kind="sellerAccount",
            table="connected_accounts",
            finds="t.owner_kind = 'seller' and t.owner_id = $1",
            mine="t.owner_kind = 'seller' and t.owner_id = $2",
            clears="email = null",
            unless="t.email is null",
        ),
    ),
    kept=(
        KeptRecord(what="payments, refunds, payouts, the ledger, and Stripe's ids of them", why=_MONEY),
        KeptRecord(
            what="what Stripe itself keeps about its payments",
            why="Stripe answers for it as a controller of its own; ask Stripe",
        ),
    ),
)

ADMISSION = PersonPlan(
    rows=(
        PersonRows(
            kind="passes",
            table="passes",
            finds="t.account_id = $1",
            mine="t.account_id = $2",
            clears="holder_name = null",
            unless="t.holder_name is null",
        ),
        PersonRows(
            kind="handovers",
            table="handovers",
            finds="t.from_account_id = $1 or t.to_account_id = $1",
            mine="t.from_account_id = $2 or t.to_account_id = $2",
            shown="to_jsonb(t) - 'tenant_id' - case when t.from_account_id = $2 then 'to_account_id' "
            "else 'from_account_id' end",
        ),
        PersonRows(
            kind="scans",
            table="scans",
            mine="exists (select from passes p where (p.tenant_id, p.id) = (t.tenant_id, t.pass_id) "
            "and p.account_id = $2)",
            shown="to_jsonb(t) - '{tenant_id,code_hash,scanned_by,device}'::text[]",
        ),
    ),
    kept=(
        KeptRecord(
            what="passes and their scans, without the name of their holder",
            why="seats must not be sold twice; passes to come are void from then on, and admit nobody",
        ),
    ),
)

VENUES = PersonPlan(
    rows=(
        PersonRows(
            kind="holds",
            table="seat_reservations",
            finds="t.account_id = $1",
            mine="t.account_id = $2",
            shown="to_jsonb(t) - '{tenant_id,token_sha256}'::text[]",
        ),
        PersonRows(kind="listings", table="listings", finds="t.seller_id = $1", mine="t.seller_id = $2"),
        PersonRows(
            kind="purchases",
            table="listing_purchases",
            finds="t.account_id = $1",
            mine="t.account_id = $2",
            shown="to_jsonb(t) - '{tenant_id,token_sha256}'::text[]",
        ),
        PersonRows(
            kind="transfersSent",
            table="pass_transfers",
            finds="t.from_account_id = $1",
            mine="t.from_account_id = $2",
            shown="to_jsonb(t) - '{tenant_id,to_account_id,holder_name}'::text[]",
        ),
        PersonRows(
            kind="transfersReceived",
            table="pass_transfers",
            finds="t.to_account_id = $1 or t.to_email_key = $2",
            mine="t.to_account_id = $2 or t.to_email_key = $3",
            shown="to_jsonb(t) - '{tenant_id,from_account_id}'::text[]",
            clears="to_email = 'erased', to_email_key = 'erased', holder_name = null",
            unless="t.to_email = 'erased'",
        ),
        PersonRows(kind="waiting", table="waiting_entries", finds="t.account_id = $1", mine="t.account_id = $2"),
        PersonRows(
            kind="sellerVerifications",
            table="seller_verifications",
            finds="t.account_id = $1",
            mine="t.account_id = $2",
            shown="to_jsonb(t) - '{tenant_id,decided_by}'::text[]",
            deletes=True,
        ),
        PersonRows(
            kind="resaleBlocks",
            table="resale_blocks",
            finds="t.account_id = $1",
            mine="t.account_id = $2",
            shown="to_jsonb(t) - '{tenant_id,blocked_by,ended_by}'::text[]",
            clears="reason = 'erased'",
            unless="t.reason = 'erased'",
        ),
        PersonRows(
            kind="changesOfHands",
            table="transfer_history",
            finds="t.from_account_id = $1 or t.to_account_id = $1",
            mine="t.from_account_id = $2 or t.to_account_id = $2",
            shown="to_jsonb(t) - '{tenant_id,hash,prev_hash}'::text[] "
            "- case when t.from_account_id = $2 then 'to_account_id' else 'from_account_id' end",
        ),
        PersonRows(
            kind="blockedSeats",
            table="seat_audit",
            finds="t.account_id = $1",
            mine="t.account_id = $2",
        ),
    ),
    kept=(
        KeptRecord(
            what="holds, listings and the chained history of changes of hands, under an account id that leads nowhere",
            why="each entry proves the one before it, and laws of resale count and cap changes of hands",
        ),
        KeptRecord(
            what="that somebody was blocked from reselling, without the reason",
            why="the organiser's record of what it did; the id leads nowhere any more",
        ),
    ),
)
