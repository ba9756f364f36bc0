"""Listings and their buyers, and what becomes of listings when law or policy change."""
