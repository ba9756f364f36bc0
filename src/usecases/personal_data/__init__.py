"""Answering for what a service keeps about one person; every service does it the same way."""
