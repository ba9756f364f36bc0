"""The long operations that seating offers."""
