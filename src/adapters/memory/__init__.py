"""The in-memory twin of every driven port: shipped, for tests, demos and trying things out."""
