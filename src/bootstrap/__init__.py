"""Settings, containers and topology: the only code that knows everything."""
