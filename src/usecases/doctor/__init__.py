"""Looking for drift between the services, and mending what is safe."""
