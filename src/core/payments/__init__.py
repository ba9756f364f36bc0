"""Payments: what an order owes, what Stripe says was paid, and the audit trail between the two."""
