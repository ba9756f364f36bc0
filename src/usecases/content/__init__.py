"""What can be done with the pages and the media of venues."""
