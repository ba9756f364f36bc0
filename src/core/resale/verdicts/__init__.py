"""From facts, rules and policies to the answer whether a pass may be resold, and why."""
