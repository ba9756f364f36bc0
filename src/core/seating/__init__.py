"""Seats, plans, and the ledger of who holds, reserved and bought them."""
