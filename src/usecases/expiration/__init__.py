"""Setting timers when others announce an end, and telling them when it has come."""
