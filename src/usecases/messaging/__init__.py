"""Carrying events from an outbox to the consumers; every service does it the same way."""
