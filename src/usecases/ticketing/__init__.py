"""What can be done with tickets."""
