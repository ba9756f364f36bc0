"""What people do with venues."""
