"""Ticketing: what is on sale: a happening, a price, how many there are, and how many one person may buy."""
