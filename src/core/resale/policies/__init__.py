"""What organisers decide about the resale of their tickets, and how a price is divided."""
