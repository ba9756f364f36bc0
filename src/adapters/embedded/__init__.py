"""Real servers out of Python wheels, for development, the demo and the tests; never for production."""
