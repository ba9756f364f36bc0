"""Reminders of the moment at which a hold, a reservation or an order ends."""
