"""Ways to tell the taxes of an order."""
