"""Long operations of venues."""
