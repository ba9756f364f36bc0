"""Venues: places, their reusable layout, and what their organisers tune."""
