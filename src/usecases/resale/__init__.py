"""What people and other contexts do with resale."""
