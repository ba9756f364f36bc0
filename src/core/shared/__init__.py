"""Words that every context shares: ids, money, time, errors, callers and roles."""
