"""The rules of ticketing: pure values and functions. No await, no clock, no randomness, no framework."""
