"""What the use cases need from the world, and what contexts offer one another."""
