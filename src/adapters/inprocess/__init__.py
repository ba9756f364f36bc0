"""Links between contexts that run in one process."""
