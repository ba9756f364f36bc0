"""Stripe, through its own SDK; the only place that knows Stripe's words."""
