"""Who waits for passes that others give back, and in which order they are served."""
