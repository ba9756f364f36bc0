"""What is signed of a verdict, so that it proves itself, and what is kept of it."""
