"""What can be done with payments. Stripe stands between two transactions, with a recorded state between them."""
