"""Reads of stores that are remembered in a cache, and checked when they come back from it."""
