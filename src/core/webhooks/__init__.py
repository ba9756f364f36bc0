"""Webhooks in: what a provider tells us, stored before anything is done about it."""
