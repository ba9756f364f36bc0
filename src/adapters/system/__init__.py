"""Adapters to the machine itself: clock, ids, randomness, passwords, keys."""
