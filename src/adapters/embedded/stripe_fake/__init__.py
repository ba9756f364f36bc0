"""A stateful stand-in for Stripe's API, for development, tests and demos. It moves no money and never leaves loopback.

PaymentIntents, charges, refunds, events, idempotency and signed webhooks, shaped as Stripe's API version 2026-10-28
shapes them, as far as Fairseat uses them.
"""
