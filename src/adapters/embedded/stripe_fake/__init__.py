"""A stateful stand-in for Stripe's API, for development, tests and demos. It moves no money and never leaves loopback.

PaymentIntents, charges, refunds, disputes, transfers, the balance, connected accounts with their onboarding and
payouts, events, idempotency and signed webhooks, shaped as Stripe's API version 2026-10-28 shapes them, as far as
Fairseat uses them.
What Stripe's test mode does by well-known payment methods it does by the same ones; the rest is asked for at /_fake.
"""
