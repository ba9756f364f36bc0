"""Which tables belong to tenants, and why the others do not: what the tests of the catalogue go by."""

from collections.abc import Mapping

DISTRIBUTED = ("venue_db", "order_db", "payment_db", "admission_db")
"""Databases whose tables a tenant's rows can be taken out of, or spread over servers by. The others are of people."""

_OF_PEOPLE = "people belong to no organisation; a row is its account's"
_OF_BOTH = "what happens to people belongs to no organisation, the rest to one"

WITHOUT_TENANT: Mapping[str, Mapping[str, str]] = {
    # Their policies are tested with identity.
    "auth_db": {
        "accounts": _OF_PEOPLE,
        "refresh_tokens": _OF_PEOPLE,
        "refresh_families": _OF_PEOPLE,
        "mail_tokens": _OF_PEOPLE,
        "mail_queue": _OF_PEOPLE,
        "totp_factors": _OF_PEOPLE,
        "totp_recovery_codes": _OF_PEOPLE,
        "idempotency_keys": _OF_BOTH,
        "outbox": _OF_BOTH,
    },
    "venue_db": {
        "resale_receipt_keys": "they speak for the installation; receipts name their tenant",
        "rulebooks": "the law is the same for everybody",
        "rulebook_activations": "services may only read which rulebook is in use",
    },
    "user_db": {
        "user_profiles": _OF_PEOPLE,
        "user_preferences": _OF_PEOPLE,
        "billing_addresses": _OF_PEOPLE,
        "personal_data_requests": _OF_PEOPLE,
        "personal_data_pages": _OF_PEOPLE,
        "idempotency_keys": _OF_BOTH,
        "outbox": _OF_BOTH,
    },
    "payment_db": {
        "payment_webhooks": "a webhook's tenant is known only after it has been read",
        "event_readings": "the list of events is read for all",
    },
}
"""Tables whose rows may belong to no tenant; on several servers they are reference tables, the same on each."""

UNIQUE_FOR_ALL: Mapping[str, Mapping[str, str]] = {
    "auth_db": {"api_keys_id": "a key is found by its id, and tells its tenant; auth_db stands on one server"},
    "payment_db": {
        "connected_accounts_account": (
            "a webhook names an account of Stripe's, which tells whose it is; the table is small (a row a venue or "
            "seller), and on several servers a reference table"
        )
    },
}
"""Unique indexes without the tenant, so that something is unique across tenants."""
