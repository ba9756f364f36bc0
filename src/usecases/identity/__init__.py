"""What can be done with accounts, sessions and organisations, one verb a module."""
