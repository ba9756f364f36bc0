"""Who people are: accounts, sessions, guests, organisations and what their members may do."""
