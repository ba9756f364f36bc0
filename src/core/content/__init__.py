"""Content: what venues say and show of themselves, in versions and languages."""
