"""What can be done with seating plans and seats."""
