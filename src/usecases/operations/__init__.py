"""What people and workers do with long operations on venues."""
