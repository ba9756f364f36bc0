"""Resale: which law and which policy lets a pass change hands, at what price, and the market that keeps to it."""
