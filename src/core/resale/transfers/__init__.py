"""Passes that are given to persons, and the history of every change of hands."""
